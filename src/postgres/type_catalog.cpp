#include "type_catalog.hpp"

namespace eventcore::postgres {

std::uint32_t TypeCatalog::find(std::string_view name) const {
  const detail::MutexLock lock(mutex_);
  const auto known = numbers_.find(name);
  return known == numbers_.end() ? 0 : known->second;
}

std::shared_ptr<const TypeNames> TypeCatalog::names() const {
  const detail::MutexLock lock(mutex_);
  return snapshot_;
}

void TypeCatalog::learn(std::uint32_t number, std::string_view name) {
  const detail::MutexLock lock(mutex_);
  if (number == 0 || numbers_.contains(name)) return;
  const std::string_view stored = storage_->emplace_back(name);
  numbers_.emplace(stored, number);
  auto longer = std::make_shared<TypeNames>(*snapshot_);
  if (longer->by_number.size() <= number) longer->by_number.resize(number + 1);
  longer->by_number[number] = stored;
  longer->storage = storage_;
  snapshot_ = std::move(longer);
}

}  // namespace eventcore::postgres
