#pragma once

// `GroupEvents`: the events of a group as columns, in the form of the function `append`.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/write_batch.hpp"
#include "parameters.hpp"
#include "type_catalog.hpp"

namespace eventcore::postgres {

/// Thread-safety: One thread at a time.
class GroupEvents {
 public:
  void clear();
  /// Adds the events of a batch; `streams[i]` is the group's stream of stream i of the batch, and
  /// `offsets[i]` the events of the group on it before.
  /// Requires: `version_before` of its streams are set as far as they are known.
  void add(const WriteBatch& batch, const std::vector<std::uint32_t>& streams,
           std::vector<std::uint64_t>& offsets, const TypeCatalog& types);
  [[nodiscard]] std::size_t size() const noexcept { return stream_.size(); }

  void write_types(Parameters& parameters) const;
  /// `component_of(stream)` is the component of a stream of the group.
  template <class ComponentOf>
  void write(Parameters& parameters, ComponentOf&& component_of) const;
  [[nodiscard]] const std::vector<std::string>& types() const noexcept { return type_names_; }
  /// Ids of the batches, NULL behind the first event of each.
  [[nodiscard]] const Array& ids() const noexcept { return command_id_; }

 private:
  [[nodiscard]] std::int32_t type_of(std::string_view name, const TypeCatalog& types);
  void add_batch(const WriteBatch& batch);
  void add_no_batch();

  std::vector<std::string> type_names_;
  Array type_numbers_{Type::Int4};
  std::string decision_;  // scratch

  std::vector<std::uint32_t> stream_;
  Array offset_{Type::Int8};
  Array type_{Type::Int4};
  Array schema_version_{Type::Int4};
  Array ordinal_{Type::Int4};
  Array payload_{Type::Bytes};
  Array headers_{Type::Bytes};
  Array attempts_{Type::Int4};
  Array batch_events_{Type::Int4};
  Array checksum_{Type::Int8};
  Array command_id_{Type::Uuid};
  Array command_type_{Type::Text};
  Array key_{Type::Text};
  Array correlation_id_{Type::Text};
  Array causation_id_{Type::Text};
  Array trace_{Type::Bytes};
  Array decision_column_{Type::Bytes};
};

template <class ComponentOf>
void GroupEvents::write(Parameters& parameters, ComponentOf&& component_of) const {
  Array stream(Type::Int4);
  Array component(Type::Int8);
  for (const std::uint32_t place : stream_) {
    stream.add(place + 1);  // arrays of SQL begin at 1
    component.add(static_cast<std::uint64_t>(component_of(place)));
  }
  parameters.add(stream).add(offset_).add(component);
  for (const Array* column : {&type_, &schema_version_, &ordinal_, &payload_, &headers_, &attempts_,
                              &batch_events_, &checksum_, &command_id_, &command_type_, &key_,
                              &correlation_id_, &causation_id_, &trace_, &decision_column_}) {
    parameters.add(*column);
  }
}

}  // namespace eventcore::postgres
