#include "otlp_receiver.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace eventcore::testing {
namespace {

std::size_t append(char* data, std::size_t, std::size_t size, void* text) {
  static_cast<std::string*>(text)->append(data, size);
  return size;
}

/// The body of a page of the receiver; posts `body` if there is one.
std::string request(const std::string& url, const std::string* body) {
  CURL* const easy = curl_easy_init();
  std::string answer;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);  // ours, on this machine
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 30L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
  if (body != nullptr) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
  }
  const CURLcode result = curl_easy_perform(easy);
  curl_easy_cleanup(easy);
  if (result != CURLE_OK) throw std::runtime_error(url + ": " + curl_easy_strerror(result));
  return answer;
}

std::string line_from(int file) {
  std::string line;
  for (char c = 0; read(file, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

/// Appends the spans of a request of traces.
void append_spans(std::vector<nlohmann::json>& all, const nlohmann::json& request) {
  for (const auto& resource : request["body"]["resourceSpans"]) {
    for (const auto& scope : resource["scopeSpans"]) {
      all.insert(all.end(), scope["spans"].begin(), scope["spans"].end());
    }
  }
}

}  // namespace

OwnCertificate::OwnCertificate() {
  folder_ = (std::filesystem::temp_directory_path() / "eventcore-otlp-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("no folder");
  const std::string command =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
      "-addext subjectAltName=IP:127.0.0.1 -keyout " +
      key() + " -out " + certificate() + " 2>/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl does not work");
}
OwnCertificate::~OwnCertificate() { std::filesystem::remove_all(folder_); }

OtlpReceiver::OtlpReceiver(int http_port, int grpc_port, ReceiverTls tls)
    : is_secure_(tls.certificate != nullptr) {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  std::string program = EVENTCORE_NODE;
  std::string script = EVENTCORE_OTLP_RECEIVER;
  std::string http = std::to_string(http_port);
  std::string grpc = std::to_string(grpc_port);
  char* arguments[] = {program.data(), script.data(), http.data(), grpc.data(), nullptr};
  std::vector<std::string> variables = {std::string("NODE_PATH=") + EVENTCORE_NODE_MODULES};
  if (is_secure_) {
    variables.push_back("CERT=" + tls.certificate->certificate());
    variables.push_back("KEY=" + tls.certificate->key());
    if (tls.asks_for_certificate) variables.emplace_back("CLIENT_CERT=1");
  }
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  const int error =
      posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments, environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(input[0]);
  close(output[1]);
  input_ = input[1];
  const std::string line = error == 0 ? line_from(output[0]) : "";
  close(output[0]);
  if (line.empty()) throw std::runtime_error("the receiver does not start");
  const auto ports = nlohmann::json::parse(line);
  http_port_ = ports.at("http");
  grpc_port_ = ports.at("grpc");
}

OtlpReceiver::~OtlpReceiver() {
  close(input_);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

std::string OtlpReceiver::http_url() const {
  return (is_secure_ ? "https" : "http") + ("://127.0.0.1:" + std::to_string(http_port_));
}
std::string OtlpReceiver::grpc_url() const {
  return (is_secure_ ? "https" : "http") + ("://127.0.0.1:" + std::to_string(grpc_port_));
}

std::vector<nlohmann::json> OtlpReceiver::received() const {
  std::istringstream lines(request(http_url() + "/received", nullptr));
  std::vector<nlohmann::json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
  return all;
}

std::vector<nlohmann::json> OtlpReceiver::spans() const {
  std::vector<nlohmann::json> all;
  for (const auto& one : received()) {
    if (one["signal"] == "traces") append_spans(all, one);
  }
  return all;
}

nlohmann::json OtlpReceiver::newest_span() const {
  std::vector<nlohmann::json> all;
  append_spans(all, nlohmann::json::parse(request(http_url() + "/newest", nullptr)));
  return all.at(all.size() - 1);
}

void OtlpReceiver::behave(const nlohmann::json& how) const {
  const std::string body = how.dump();
  request(http_url() + "/behave", &body);
}

void OtlpReceiver::pause() const {
  kill(process_, SIGSTOP);
  waitpid(process_, nullptr, WUNTRACED);
}
void OtlpReceiver::resume() const { kill(process_, SIGCONT); }

nlohmann::json attributes_of(const nlohmann::json& message) {
  nlohmann::json all = nlohmann::json::object();
  for (const auto& one : message["attributes"]) all[one["key"]] = one["value"];
  return all;
}

}  // namespace eventcore::testing
