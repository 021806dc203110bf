#include "stream_connection.hpp"

#include <array>
#include <ctime>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>

#include "server_core.hpp"
#include "wire_text.hpp"

namespace eventcore::http::detail {
namespace {

namespace beast = boost::beast;

/// What a client may say while it follows; it has nothing to say.
constexpr std::size_t kIgnoredBytesMax = 65'536;

constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
    "Connection: close\r\n\r\n";

/// A read that waits for the client to close keeps it alive. At most one text is being written and
/// one waits, which a newer one replaces.
class StreamConnection final : public Connection,
                               public Broadcast::Reader,
                               public std::enable_shared_from_this<StreamConnection> {
 public:
  StreamConnection(beast::tcp_stream stream, std::shared_ptr<Broadcast> broadcast, ServerCore& core)
      : core_(core), stream_(std::move(stream)), broadcast_(std::move(broadcast)) {
    core_.enter(*this);
  }
  ~StreamConnection() override {
    broadcast_->remove(*this);
    core_.leave(*this);
  }

  void start(std::string head);
  void deliver(const std::shared_ptr<const std::string>& text) override;
  void finish_up() override { close(); }
  void cut_off() override { close(); }
  void leave_stream() noexcept override { broadcast_->remove(*this); }

 private:
  void watch_client();
  void on_text(const std::shared_ptr<const std::string>& text);
  void write_next();
  void close();

  ServerCore& core_;
  beast::tcp_stream stream_;
  const std::shared_ptr<Broadcast> broadcast_;
  std::array<char, 512> ignored_{};
  std::size_t ignored_bytes_ = 0;
  std::shared_ptr<const std::string> writing_;
  std::shared_ptr<const std::string> pending_;  // behind it
  bool ends_ = false;                           // after what is being written
};

void StreamConnection::start(std::string head) {
  core_.wait_for_client(*this);
  stream_.expires_never();
  watch_client();
  ends_ = core_.is_stopping() || !broadcast_->add(*this);
  // What the broadcast delivers is posted and comes behind the header.
  pending_ = std::make_shared<const std::string>(ends_ ? std::string(kFull) : std::move(head));
  write_next();
}

void StreamConnection::deliver(const std::shared_ptr<const std::string>& text) {
  asio::post(core_.io(), [weak = weak_from_this(), text] {
    if (const std::shared_ptr<StreamConnection> self = weak.lock()) self->on_text(text);
  });
}

void StreamConnection::watch_client() {
  stream_.async_read_some(asio::buffer(ignored_),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            self->ignored_bytes_ += bytes;
                            if (error || self->ignored_bytes_ > kIgnoredBytesMax) {
                              return self->close();
                            }
                            self->watch_client();
                          });
}

void StreamConnection::on_text(const std::shared_ptr<const std::string>& text) {
  if (ends_) return;
  pending_ = text;
  if (writing_ == nullptr) write_next();
}

void StreamConnection::write_next() {
  if (pending_ == nullptr || !stream_.socket().is_open()) return;
  writing_ = std::exchange(pending_, nullptr);
  stream_.expires_after(core_.options.write_timeout);
  asio::async_write(stream_, asio::buffer(*writing_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->writing_ = nullptr;
                      if (error == beast::error::timeout) self->core_.count_dropped();
                      if (error || self->ends_) return self->close();
                      // It has taken a text, so others have waited longer for their clients.
                      self->core_.wait_for_client(*self);
                      self->write_next();
                    });
}

void StreamConnection::close() {
  leave_stream();
  ends_ = true;
  stream_.close();
}

}  // namespace

void follow_broadcast(beast::tcp_stream stream, std::string head,
                      std::shared_ptr<Broadcast> broadcast, ServerCore& core) {
  std::make_shared<StreamConnection>(std::move(stream), std::move(broadcast), core)
      ->start(std::move(head));
}

std::string stream_head(const Response& response) {
  std::string head = "HTTP/1.1 200 OK\r\nDate: " + http_date(std::time(nullptr)) +
                     "\r\nContent-Type: " + response.content_type + "\r\nConnection: close\r\n";
  for (const Header& header : response.headers) head += header.name + ": " + header.value + "\r\n";
  return head + "\r\n";
}

}  // namespace eventcore::http::detail
