#pragma once

// The independent receiver of tests/support/otlp_receiver, as a program beside the test.

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace eventcore::testing {

/// A certificate for 127.0.0.1 that has signed itself, and its key: PEM files in a folder that goes
/// with it. Throws: there is no openssl.
class OwnCertificate {
 public:
  OwnCertificate();
  OwnCertificate(const OwnCertificate&) = delete;
  OwnCertificate& operator=(const OwnCertificate&) = delete;
  ~OwnCertificate();

  [[nodiscard]] std::string certificate() const { return folder_ + "/certificate.pem"; }
  [[nodiscard]] std::string key() const { return folder_ + "/key.pem"; }

 private:
  std::string folder_;
};

/// How the receiver speaks TLS.
struct ReceiverTls {
  const OwnCertificate* certificate = nullptr;  ///< Null: it does not.
  bool asks_for_certificate = false;            ///< One that `certificate` has signed.
};

/// Runs from construction to destruction. Thread-safety: One thread at a time.
class OtlpReceiver {
 public:
  /// Port 0: a free one. Throws: it does not start.
  explicit OtlpReceiver(int http_port = 0, int grpc_port = 0, ReceiverTls tls = {});
  OtlpReceiver(const OtlpReceiver&) = delete;
  OtlpReceiver& operator=(const OtlpReceiver&) = delete;
  ~OtlpReceiver();

  [[nodiscard]] int http_port() const noexcept { return http_port_; }
  [[nodiscard]] int grpc_port() const noexcept { return grpc_port_; }
  [[nodiscard]] std::string http_url() const;
  [[nodiscard]] std::string grpc_url() const;

  /// What has come, in order: {signal, transport, headers, body}.
  [[nodiscard]] std::vector<nlohmann::json> received() const;
  /// All spans that have come.
  [[nodiscard]] std::vector<nlohmann::json> spans() const;
  /// The last one, however many there are. Throws: the last request was none of traces.
  [[nodiscard]] nlohmann::json newest_span() const;
  /// Answers wrongly for a while; see receiver.js.
  void behave(const nlohmann::json& how) const;

  /// Stops the program without ending it: it accepts connections and is silent.
  void pause() const;
  void resume() const;

 private:
  bool is_secure_ = false;
  pid_t process_ = -1;
  int input_ = -1;  // the program ends when it closes
  int http_port_ = 0;
  int grpc_port_ = 0;
};

/// The attributes of a message of OTLP, by key.
[[nodiscard]] nlohmann::json attributes_of(const nlohmann::json& message);

}  // namespace eventcore::testing
