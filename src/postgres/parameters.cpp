#include "parameters.hpp"

namespace eventcore::postgres {
namespace {

Type array_of(Type element) {
  switch (element) {
    case Type::Bool:
      return Type::BoolArray;
    case Type::Bytes:
      return Type::BytesArray;
    case Type::Int4:
      return Type::Int4Array;
    case Type::Int8:
      return Type::Int8Array;
    case Type::Uuid:
      return Type::UuidArray;
    default:
      return Type::TextArray;
  }
}

}  // namespace

// The form of array_send: dimensions, flag for NULLs, element type, then for each dimension its
// size and lower bound. An empty array has no dimension.
Parameters& Parameters::add(const Array& array) {
  const std::size_t dimensions = array.count_ == 0 ? 0 : 1;
  begin(array_of(array.element_), static_cast<int>(12 + dimensions * 8 + array.bytes_.size()));
  put_big_endian(bytes_, static_cast<std::int32_t>(dimensions));
  put_big_endian(bytes_, static_cast<std::int32_t>(array.has_null_ ? 1 : 0));
  put_big_endian(bytes_, static_cast<std::int32_t>(array.element_));
  if (dimensions != 0) {
    put_big_endian(bytes_, array.count_);
    put_big_endian<std::int32_t>(bytes_, 1);
  }
  bytes_.append(array.bytes_);
  return *this;
}

Parameters& Parameters::add_null(Type type) {
  begin(type, 0);
  offsets_.back() = kNull;
  return *this;
}

std::vector<const char*> Parameters::values() const {
  std::vector<const char*> values;
  values.reserve(offsets_.size());
  for (const std::size_t offset : offsets_) {
    values.push_back(offset == kNull ? nullptr : bytes_.data() + offset);
  }
  return values;
}

}  // namespace eventcore::postgres
