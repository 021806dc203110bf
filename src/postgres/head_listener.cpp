#include "head_listener.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "postgres_sql.hpp"
#include "schema.hpp"

namespace eventcore::postgres {
namespace {

constexpr std::chrono::milliseconds kNotifyInterval{5};
constexpr std::chrono::milliseconds kShortestPoll{10};
constexpr std::chrono::milliseconds kLongestPoll{100};
constexpr std::chrono::milliseconds kPollWhenListening{1'000};
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2'000};
constexpr std::chrono::milliseconds kAnswerTime{5'000};

// In its own transaction, which need not reach the disk: a lost notification does no harm.
constexpr char kNotify[] =
    "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)";

Instant now() { return std::chrono::steady_clock::now(); }

}  // namespace

HeadListener::HeadListener(StoreState& state)
    : state_(state),
      notifies_(state.options.notify),
      channel_("eventcore_" + std::to_string(lock_key(state.options.schema))),
      listen_("LISTEN \"" + channel_ + "\""),
      read_head_(for_schema(sql::read_head, state.options.schema)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      poll_interval_(kShortestPoll) {}

HeadListener::~HeadListener() {
  ignore_error(close({}), "without a deadline closing cannot fail");
  if (wake_ >= 0) ::close(wake_);
}

void HeadListener::start() {
  const detail::MutexLock lock(mutex_);
  running_ = true;
  thread_ = std::thread([this] {
    prctl(PR_SET_NAME, "eventcore-head", 0, 0, 0);
    loop();
    const detail::MutexLock ending(mutex_);
    running_ = false;
    ended_.notify_all();
  });
}

Result<void> HeadListener::close(Deadline deadline) {
  closing_ = true;
  wake();
  std::thread ending;
  {
    detail::MutexLock lock(mutex_);
    while (running_) {
      if (deadline.is_never()) {
        ended_.wait(lock);
      } else if (ended_.wait_until(lock, deadline.at) == std::cv_status::timeout && running_) {
        return make_error(ErrorCode::DeadlineExceeded, "the store still watches its head");
      }
    }
    ending.swap(thread_);
  }
  if (ending.joinable()) ending.join();
  return {};
}

void HeadListener::wake() noexcept {
  const std::uint64_t one = 1;
  // A full counter wakes too.
  static_cast<void>(!::write(wake_, &one, sizeof(one)));
}

void HeadListener::publish(Position head) noexcept {
  if (!notifies_) return;
  published_.store(head.value);
  // The thread takes the flag down before it looks at the head: one of both sees the other.
  if (!is_told_.exchange(true)) wake();
}

Position HeadListener::wait_beyond(Position seen, Deadline deadline, std::stop_token stop) {
  if (state_.head() > seen) return state_.head();
  if (waiters_.fetch_add(1) == 0) wake();
  const Position head = state_.signal.wait_beyond(seen, deadline, std::move(stop));
  waiters_.fetch_sub(1);
  return head;
}

bool HeadListener::is_needed() const noexcept { return notifies_ || waiters_.load() > 0; }

void HeadListener::loop() {
  while (!closing_.load()) {
    if (is_needed() && now() >= may_connect_at_) {
      work();
      if (connection_.is_open()) {
        connect_pause_ = {};
      } else {
        connect_pause_ = std::clamp(2 * connect_pause_, kFirstPause, kLongestPause);
        may_connect_at_ = now() + connect_pause_;
      }
    }
    if (!closing_.load()) sleep(next_turn());
  }
  connection_.close();
}

// Each step may lose the connection; the others do nothing then. Notifications come with answers
// too, so they are looked at last: afterwards only what is new makes the connection ready.
void HeadListener::work() {
  if (!connection_.is_open()) connect();
  if (now() >= may_notify_at_) notify();
  if (waiters_.load() > 0 && now() >= polled_at_ + poll_interval_) poll_head();
  receive();
}

// When there is something to do although nobody calls.
Instant HeadListener::next_turn() const noexcept {
  if (!is_needed()) return Instant::max();
  if (!connection_.is_open()) return may_connect_at_;
  Instant turn = Instant::max();
  if (published_.load() > notified_) turn = may_notify_at_;
  if (waiters_.load() > 0) turn = std::min(turn, polled_at_ + poll_interval_);
  return turn;
}

void HeadListener::sleep(Instant until) {
  std::array<pollfd, 2> waiting{};
  waiting[0] = {.fd = wake_, .events = POLLIN, .revents = 0};
  nfds_t count = 1;
  // Not while nobody would look at it: a lost one is always ready.
  if (connection_.is_open() && is_needed()) {
    waiting[count++] = {.fd = PQsocket(connection_.handle()), .events = POLLIN, .revents = 0};
  }
  int timeout = -1;
  if (until != Instant::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now());
    timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }
  poll(waiting.data(), count, timeout);
  std::uint64_t wakes = 0;
  static_cast<void>(!::read(wake_, &wakes, sizeof(wakes)));
}

// LISTEN has a meaning only where the session is the server's own: a pooler gives the next
// statement another one. Then the server process is not the one that was announced.
void HeadListener::connect() {
  auto opened = Connection::open(state_.options);
  if (!opened) return;
  connection_ = std::move(*opened);
  listens_ = false;
  polled_at_ = {};
  if (!notifies_) return;
  auto process = connection_.run("SELECT pg_backend_pid()", {}, now() + kAnswerTime);
  if (process && process->number(0, 0) == PQbackendPID(connection_.handle())) {
    // Refused on a standby.
    listens_ = connection_.run(listen_.c_str(), {}, now() + kAnswerTime).has_value();
  }
  // What was appended before the server listened was not heard.
  poll_head();
}

void HeadListener::receive() {
  if (!connection_.is_open()) return;
  if (PQconsumeInput(connection_.handle()) == 0) return connection_.close();
  while (PGnotify* const heard = PQnotifies(connection_.handle())) {
    const std::string_view text(heard->extra);
    std::uint64_t head = 0;
    std::from_chars(text.data(), text.data() + text.size(), head);
    state_.signal.publish({head});
    PQfreemem(heard);
  }
}

void HeadListener::notify() {
  if (!connection_.is_open()) return;
  is_told_ = false;
  const std::uint64_t head = published_.load();
  if (head <= notified_) return;
  Parameters parameters;
  parameters.add(std::string_view(channel_)).add(std::string_view(std::to_string(head)));
  may_notify_at_ = now() + kNotifyInterval;
  auto sent = connection_.run(kNotify, parameters, now() + kAnswerTime);
  // What the server refuses, as a standby does, it would refuse again.
  if (sent || connection_.is_open()) notified_ = head;
}

void HeadListener::poll_head() {
  if (!connection_.is_open()) return;
  auto rows = connection_.run(read_head_.c_str(), {}, now() + kAnswerTime);
  polled_at_ = now();
  const Position before = state_.head();
  if (rows && rows->size() > 0) {
    state_.note_append(rows->number(0, 1));
    state_.signal.publish({rows->count(0, 0)});
  }
  if (listens_) {
    poll_interval_ = kPollWhenListening;
  } else if (state_.head() > before || poll_interval_ > kLongestPoll) {
    poll_interval_ = kShortestPoll;
  } else {
    poll_interval_ = std::min(poll_interval_ + poll_interval_ / 2, kLongestPoll);
  }
}

}  // namespace eventcore::postgres
