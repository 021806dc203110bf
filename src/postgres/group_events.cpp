#include "group_events.hpp"

#include <algorithm>

#include "batch_checksum.hpp"
#include "eventcore/decision_record.hpp"
#include "eventcore/detail/stored_trace.hpp"

namespace eventcore::postgres {
namespace {

std::uint64_t checksum_of(const WriteBatch& batch, std::string_view trace,
                          std::string_view decision) {
  const BatchInfo& info = batch.info;
  BatchChecksum sum({.events = batch.event_count(),
                     .attempts = info.decision.attempts,
                     .id = info.id,
                     .command_type = info.command_type,
                     .key = info.key,
                     .correlation_id = info.correlation_id,
                     .causation_id = info.causation_id,
                     .trace = trace,
                     .decision = decision});
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    sum.add({.stream_hash = hash_bytes(batch.streams()[event.stream].id.view()),
             .type_hash = hash_bytes(event.type),
             .schema_version = event.schema_version,
             .payload = event.payload,
             .headers = event.headers});
  }
  return sum.value();
}

}  // namespace

void GroupEvents::clear() {
  type_names_.clear();
  stream_.clear();
  for (Array* column :
       {&type_numbers_, &offset_, &type_, &schema_version_, &ordinal_, &payload_, &headers_,
        &attempts_, &batch_events_, &checksum_, &command_id_, &command_type_, &key_,
        &correlation_id_, &causation_id_, &trace_, &decision_column_}) {
    column->clear();
  }
}

// A group has few types: they are searched in order.
std::int32_t GroupEvents::type_of(std::string_view name, const TypeCatalog& types) {
  const auto known = std::find(type_names_.begin(), type_names_.end(), name);
  if (known != type_names_.end()) {
    return static_cast<std::int32_t>(known - type_names_.begin()) + 1;
  }
  type_names_.emplace_back(name);
  type_numbers_.add(types.find(name));
  return static_cast<std::int32_t>(type_names_.size());
}

void GroupEvents::add(const WriteBatch& batch, const std::vector<std::uint32_t>& streams,
                      std::vector<std::uint64_t>& offsets, const TypeCatalog& types) {
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    stream_.push_back(streams[event.stream]);
    offset_.add(++offsets[event.stream]);
    type_.add(type_of(event.type, types));
    schema_version_.add(event.schema_version);
    ordinal_.add(static_cast<std::uint32_t>(i));
    payload_.add(event.payload);
    headers_.add_optional(event.headers);
    if (i == 0) {
      add_batch(batch);
    } else {
      add_no_batch();
    }
  }
}

void GroupEvents::add_batch(const WriteBatch& batch) {
  const BatchInfo& info = batch.info;
  const detail::StoredTrace trace(info.trace);
  decision_.clear();
  encode_decision(batch, decision_);
  attempts_.add(info.decision.attempts);
  batch_events_.add(static_cast<std::uint32_t>(batch.event_count()));
  checksum_.add(checksum_of(batch, trace.view(), decision_));
  command_id_.add(info.id);
  command_type_.add(info.command_type);
  key_.add_optional(info.key);
  correlation_id_.add_optional(info.correlation_id);
  causation_id_.add_optional(info.causation_id);
  trace_.add_optional(trace.view());
  decision_column_.add(decision_);
}

void GroupEvents::add_no_batch() {
  for (Array* column : {&attempts_, &batch_events_, &checksum_, &command_id_, &command_type_, &key_,
                        &correlation_id_, &causation_id_, &trace_, &decision_column_}) {
    column->add_null();
  }
}

void GroupEvents::write_types(Parameters& parameters) const {
  Array names(Type::Text);
  for (const std::string& name : type_names_) names.add(std::string_view(name));
  parameters.add(names).add(type_numbers_);
}

}  // namespace eventcore::postgres
