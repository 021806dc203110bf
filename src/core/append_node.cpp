#include "append_node.hpp"

#include <memory>

#include "eventcore/detail/command_operation.hpp"

namespace eventcore::detail {

/// Finished nodes of one thread, kept for their buffers.
class NodePool {
 public:
  static NodePool& local() noexcept {
    thread_local NodePool pool;
    return pool;
  }
  ~NodePool() {
    closed_ = true;
    for (AppendNode* node : nodes_) delete node;
  }

  AppendNode* take() {
    if (nodes_.empty()) return new AppendNode;
    AppendNode* node = nodes_.back();
    nodes_.pop_back();
    return node;
  }
  void give(AppendNode* node) {
    if (closed_ || nodes_.size() >= kNodesMax || node->batch.byte_count() > kBytesMax) {
      delete node;
      return;
    }
    node->renew();
    node->replay.reset();
    node->result_.reset();
    node->references_.store(1, std::memory_order_relaxed);
    nodes_.push_back(node);
  }

 private:
  static constexpr std::size_t kNodesMax = 64;
  static constexpr std::size_t kBytesMax = 16 * 1024;

  NodePool() { nodes_.reserve(kNodesMax); }

  std::vector<AppendNode*> nodes_;
  bool closed_ = false;
};

AppendNodePtr AppendNode::make() { return AppendNodePtr(NodePool::local().take()); }

void AppendNode::release() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  dependencies.clear();
  NodePool::local().give(this);
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
