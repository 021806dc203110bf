#include "cell_space.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <new>

#include "eventcore/assert.hpp"
#include "label_cache.hpp"

namespace eventcore::observability::detail {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{CellSpace::kCells} * sizeof(MetricCell);

/// A block of zeroed cells that takes memory page by page; null if there is none.
MetricCell* map_cells() noexcept {
  void* const memory = mmap(nullptr, kBlockBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // A huge page for a thread that counts a little would be waste.
  madvise(memory, kBlockBytes, MADV_NOHUGEPAGE);
  return static_cast<MetricCell*>(memory);
}

/// Tells `CellSpace::leave` when a thread ends; a key, because its destructor runs after those of
/// thread-local objects, which may still count.
pthread_key_t& leave_key() noexcept {
  static pthread_key_t key{};
  return key;
}

}  // namespace

CellSpace& CellSpace::get() {
  static CellSpace* const space = new CellSpace;
  return *space;
}

CellSpace::CellSpace() : shared_(map_cells()) {
  EVENTCORE_ASSERT(shared_ != nullptr, "no address space for the cells of metrics");
  EVENTCORE_ASSERT(pthread_key_create(&leave_key(), &CellSpace::leave) == 0,
                   "no key for thread-specific data is left");
  pthread_atfork(&before_fork, &after_fork_in_parent, &after_fork_in_child);
}

std::optional<std::uint32_t> CellSpace::allocate(std::uint32_t cells) {
  const eventcore::detail::MutexLock lock(slots_mutex_);
  if (const auto free = free_.find(cells); free != free_.end() && !free->second.empty()) {
    const std::uint32_t slot = free->second.back();
    free->second.pop_back();
    return slot;
  }
  if (cells > kCells - used_) return std::nullopt;
  used_ += cells;
  return used_ - cells;
}

void CellSpace::release(std::uint32_t slot, std::uint32_t cells) noexcept {
  const auto clear = [&](MetricCell* block) {
    for (std::uint32_t i = slot; i < slot + cells; ++i) {
      // Reading does not give a page of memory to what was never written.
      if (block[i].load(std::memory_order_relaxed) != 0) {
        block[i].store(0, std::memory_order_relaxed);
      }
    }
  };
  clear(shared_);
  for (Block* block = blocks_.load(std::memory_order_acquire); block != nullptr;
       block = block->next) {
    clear(block->cells);
  }
  const eventcore::detail::MutexLock lock(slots_mutex_);
  free_[cells].push_back(slot);
}

std::vector<const MetricCell*> CellSpace::blocks() const {
  std::vector<const MetricCell*> result;
  for (const Block* block = blocks_.load(std::memory_order_acquire); block != nullptr;
       block = block->next) {
    result.push_back(block->cells);
  }
  if (sharing_threads() != 0) result.push_back(shared_);
  return result;
}

MetricCell* attach_thread() noexcept { return CellSpace::get().attach(); }

MetricCell* CellSpace::attach() noexcept {
  Block* const block = claim();
  if (block == nullptr || pthread_setspecific(leave_key(), block) != 0) {
    if (block != nullptr) block->is_owned.store(false, std::memory_order_release);
    sharing_threads_.fetch_add(1, std::memory_order_relaxed);
    return thread_cells = shared_;
  }
  return thread_cells = block->cells;
}

/// A block that no thread owns, or a new one; null if there is no memory.
CellSpace::Block* CellSpace::claim() noexcept {
  for (Block* block = blocks_.load(std::memory_order_acquire); block != nullptr;
       block = block->next) {
    // Acquire: pairs with the release of the thread that left, whose counts are continued.
    if (!block->is_owned.load(std::memory_order_relaxed) &&
        !block->is_owned.exchange(true, std::memory_order_acquire)) {
      return block;
    }
  }
  auto* const block = new (std::nothrow) Block;
  if (block == nullptr) return nullptr;
  block->cells = map_cells();
  if (block->cells == nullptr) {
    delete block;
    return nullptr;
  }
  block->next = blocks_.load(std::memory_order_relaxed);
  // Release: pairs with the acquire of those who walk the list.
  while (!blocks_.compare_exchange_weak(block->next, block, std::memory_order_release,
                                        std::memory_order_relaxed)) {
  }
  return block;
}

void CellSpace::leave(void* block) noexcept {
  drop_label_cache();
  thread_cells = nullptr;
  static_cast<Block*>(block)->is_owned.store(false, std::memory_order_release);
}

// The analysis can't follow locks that are held over a fork.
void CellSpace::before_fork() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  get().mutex_.lock();
  get().slots_mutex_.lock();
}

void CellSpace::after_fork_in_parent() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  get().slots_mutex_.unlock();
  get().mutex_.unlock();
}

void CellSpace::after_fork_in_child() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  CellSpace& space = get();
  for (Block* block = space.blocks_.load(std::memory_order_relaxed); block != nullptr;
       block = block->next) {
    madvise(block->cells, kBlockBytes, MADV_DONTNEED);  // zeroes it
    block->is_owned.store(block->cells == thread_cells, std::memory_order_relaxed);
  }
  space.forked_at_ns_.store(system_clock().wall().time_since_epoch().count(),
                            std::memory_order_relaxed);
  after_fork_in_parent();
}

}  // namespace eventcore::observability::detail
