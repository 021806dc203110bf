#include "lookout.hpp"

#include <sys/prctl.h>

#include <algorithm>

namespace eventcore::observability::detail {

Lookout::~Lookout() {
  std::thread ending;
  {
    const eventcore::detail::MutexLock lock(mutex_);
    stopping_ = true;
    ending = std::move(thread_);
    changed_.notify_all();
  }
  if (ending.joinable()) ending.join();
}

std::shared_ptr<void> Lookout::add(std::function<void()> look, std::chrono::nanoseconds interval) {
  auto entry = std::make_unique<Entry>(Entry{std::move(look), interval, std::nullopt});
  Entry* const key = entry.get();
  {
    const eventcore::detail::MutexLock lock(mutex_);
    entries_.push_back(std::move(entry));
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  return {key, [self = shared_from_this()](const Entry* gone) { self->remove(gone); }};
}

void Lookout::ask() {
  eventcore::detail::MutexLock lock(mutex_);
  const Instant now = clock_.now();
  bool any = false;
  for (const auto& entry : entries_) {
    if (entry->asked_at && now - *entry->asked_at < entry->interval) continue;
    entry->asked_at = now;
    entry->due = any = true;
  }
  if (!any) return;
  changed_.notify_all();
  const auto until = std::chrono::steady_clock::now() + patience_;
  while (looking_ != nullptr || next_due() != nullptr) {
    if (changed_.wait_until(lock, until) == std::cv_status::timeout) return;
  }
}

void Lookout::run() {
  prctl(PR_SET_NAME, "eventcore-look", 0, 0, 0);
  eventcore::detail::MutexLock lock(mutex_);
  while (!stopping_) {
    Entry* const entry = next_due();
    if (entry == nullptr) {
      changed_.wait(lock);
      continue;
    }
    entry->due = false;
    looking_ = entry;
    lock.unlock();
    entry->look();
    lock.lock();
    looking_ = nullptr;
    changed_.notify_all();
  }
}

Lookout::Entry* Lookout::next_due() {
  const auto due =
      std::find_if(entries_.begin(), entries_.end(), [](const auto& entry) { return entry->due; });
  return due == entries_.end() ? nullptr : due->get();
}

void Lookout::remove(const Entry* gone) noexcept {
  eventcore::detail::MutexLock lock(mutex_);
  while (looking_ == gone) changed_.wait(lock);
  std::erase_if(entries_, [&](const auto& entry) { return entry.get() == gone; });
  changed_.notify_all();
}

}  // namespace eventcore::observability::detail
