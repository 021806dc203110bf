#include "type_table.hpp"

namespace eventcore::sqlite {

std::uint64_t TypeTable::find(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? 0 : found->second;
}

std::uint64_t TypeTable::add(std::string_view name) {
  const std::string_view stored = storage_->emplace_back(name);
  names_.push_back(stored);
  numbers_.emplace(stored, names_.size());
  return names_.size();
}

void TypeTable::publish() {
  if (published_ == names_.size()) return;
  published_ = names_.size();
  auto next = std::make_shared<TypeNames>();
  next->by_number.reserve(names_.size() + 1);
  next->by_number.emplace_back();
  next->by_number.insert(next->by_number.end(), names_.begin(), names_.end());
  next->storage = storage_;
  const detail::MutexLock lock(mutex_);
  snapshot_ = std::move(next);
}

void TypeTable::drop() {
  while (names_.size() > published_) {
    numbers_.erase(names_.back());
    names_.pop_back();
    storage_->pop_back();
  }
}

std::shared_ptr<const TypeNames> TypeTable::names() const {
  const detail::MutexLock lock(mutex_);
  return snapshot_;
}

}  // namespace eventcore::sqlite
