// The console with the installed package.

#include <eventcore/console/console.hpp>
#include <eventcore/memory_store.hpp>

int main() {
  const auto store = eventcore::open_memory_store();
  eventcore::console::Console console({.title = "consumer"});
  eventcore::http::Server server({});
  console.mount(server);
  if (!server.start()) return 1;
  console.start();
  console.attach(*store);
  console.stop();
  console.detach();
  return 0;
}
