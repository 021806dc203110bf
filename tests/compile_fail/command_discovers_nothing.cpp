// expect: has no `discover
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"

using namespace eventcore;

struct Linked {
  static constexpr auto describe() { return describe_event("linked", 1); }
};
struct Node {
  using Events = std::variant<Linked>;
  static void apply(Node&, const Events&, const EventInfo&) {}
};
struct Walk {
  using Event = std::variant<Linked>;
  StreamId start;

  auto reads() const { return eventcore::reads(stream<Node>(start), discovered<Node>()); }
#ifdef GOOD
  void discover(const Node&, const Folds<Node>&, Discovery&) const {}
#endif
  Decision handle(const Node&, const Folds<Node>&, Emitter<Event>&) const { return accept(); }
};

void run(CommandExecutor& executor, const Walk& walk) { static_cast<void>(executor.execute(walk)); }
