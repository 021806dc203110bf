#include "append_node.hpp"

#include <memory>

#include "eventcore/detail/command_operation.hpp"
#include "thread_cache.hpp"

namespace eventcore::detail {

/// Finished nodes of one thread, kept for their buffers.
class NodePool {
 public:
  NodePool() { nodes_.reserve(kNodesMax); }
  NodePool(const NodePool&) = delete;
  NodePool& operator=(const NodePool&) = delete;
  ~NodePool() {
    for (AppendNode* node : nodes_) delete node;
  }

  static AppendNode* take() {
    NodePool* const pool = thread_cache<NodePool>();
    if (pool == nullptr || pool->nodes_.empty()) return new AppendNode;
    AppendNode* node = pool->nodes_.back();
    pool->nodes_.pop_back();
    return node;
  }
  static void give(AppendNode* node) {
    NodePool* const pool = thread_cache<NodePool>();
    if (pool == nullptr || pool->nodes_.size() >= kNodesMax ||
        node->batch.byte_capacity() > kBytesMax) {
      delete node;
      return;
    }
    node->renew();
    node->replay.reset();
    node->result_.reset();
    node->references_.store(1, std::memory_order_relaxed);
    pool->nodes_.push_back(node);
  }

 private:
  static constexpr std::size_t kNodesMax = 64;
  static constexpr std::size_t kBytesMax = 16 * 1024;

  std::vector<AppendNode*> nodes_;
};

AppendNodePtr AppendNode::make() { return AppendNodePtr(NodePool::take()); }

void AppendNode::release() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  dependencies.clear();
  NodePool::give(this);
}

void AppendNode::arm(CommandOperation* owner) noexcept {
  owner_.store(owner, std::memory_order_relaxed);
  add_reference();
}

void AppendNode::completed(Result<WriteResult> result) noexcept {
  result_.emplace(std::move(result));
  CommandOperation* owner = owner_.exchange(nullptr, std::memory_order_acq_rel);
  if (owner != nullptr) owner->signal();
  release();
}

AppendNodePtr::AppendNodePtr(const AppendNodePtr& other) noexcept : node_(other.node_) {
  if (node_ != nullptr) node_->add_reference();
}

AppendNodePtr::~AppendNodePtr() {
  if (node_ != nullptr) node_->release();
}

}  // namespace eventcore::detail
