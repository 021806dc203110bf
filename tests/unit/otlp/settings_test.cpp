#include "settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace eventcore::detail {
namespace {

using std::chrono::milliseconds;
using Variables = std::map<std::string, std::string, std::less<>>;

std::unique_ptr<OtlpTransport> no_transport(const OtlpTarget&) { return nullptr; }

class OtlpSettingsTest : public ::testing::Test {
 protected:
  Result<std::optional<OtlpSettings>> resolved(const Variables& variables, OtlpOptions options = {},
                                               OtlpSignal signal = OtlpSignal::Traces) {
    options.report = [this](std::string_view line) { lines_.emplace_back(line); };
    return resolve(signal, options, [&](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    });
  }
  OtlpSettings settings(const Variables& variables, const OtlpOptions& options = {},
                        OtlpSignal signal = OtlpSignal::Traces) {
    auto result = resolved(variables, options, signal);
    EXPECT_TRUE(result && *result) << (result ? "off" : result.error().message);
    return result && *result ? **result : OtlpSettings{};
  }
  std::string url(const Variables& variables, const OtlpOptions& options = {}) {
    return settings(variables, options).target.url;
  }
  std::map<std::string, std::string> resource(const Variables& variables,
                                              const OtlpOptions& options = {.endpoint = "a"}) {
    std::map<std::string, std::string> all;
    for (const auto& one : settings(variables, options).resource) all[one.key] = one.value;
    return all;
  }

  std::vector<std::string> lines_;
};

TEST_F(OtlpSettingsTest, WithoutAnEndpointNothingIsExportedOrSaid) {
  const auto result = resolved({{"OTEL_EXPORTER_OTLP_PROTOCOL", "nonsense"},
                                {"OTEL_EXPORTER_OTLP_ENDPOINT", ""},
                                {"OTEL_TRACES_EXPORTER", "zipkin"}});
  ASSERT_TRUE(result);
  EXPECT_FALSE(*result);
  EXPECT_THAT(lines_, ::testing::IsEmpty());
}

TEST_F(OtlpSettingsTest, PutsTheSignalsPathBehindAGeneralEndpointOnly) {
  const std::string general = "OTEL_EXPORTER_OTLP_ENDPOINT";
  const std::string own = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  EXPECT_EQ(url({{general, "http://c:4318"}}), "http://c:4318/v1/traces");
  EXPECT_EQ(url({{general, "http://c:4318/"}}), "http://c:4318/v1/traces");
  EXPECT_EQ(url({{general, "https://c/otlp/x"}}), "https://c/otlp/x/v1/traces");
  EXPECT_EQ(url({{general, "c:4318"}}), "http://c:4318/v1/traces");
  EXPECT_EQ(url({{own, "http://c:4318/mine"}}), "http://c:4318/mine");
  EXPECT_EQ(url({{own, "http://c:4318"}}), "http://c:4318/");
  EXPECT_EQ(url({{own, "http://own:1/x"}, {general, "http://general:2"}}), "http://own:1/x");
  EXPECT_EQ(url({{general, "http://c:1"}}, {.endpoint = "http://d:2"}), "http://d:2/v1/traces");
  EXPECT_EQ(url({{own, "http://c:1/x"}}, {.endpoint = "http://d:2"}), "http://d:2/v1/traces");
  EXPECT_EQ(url({}, {.endpoint = "http://d:2/v1/traces"}), "http://d:2/v1/traces");
  EXPECT_EQ(settings({{general, "http://c:1"}}, {}, OtlpSignal::Metrics).target.url,
            "http://c:1/v1/metrics");
}

TEST_F(OtlpSettingsTest, RefusesEndpointsThatAreNone) {
  for (const char* const endpoint :
       {"ftp://c:4318", "http://", "http://c:99999", "http://c:x", "://", "http://a b"}) {
    const auto result = resolved({}, {.endpoint = endpoint});
    ASSERT_FALSE(result) << endpoint;
    EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
  }
}

TEST_F(OtlpSettingsTest, NeverRepeatsPasswords) {
  const auto result = resolved({}, {.endpoint = "ftp://user:secret@c:1/?token=secret"});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, ::testing::Not(::testing::HasSubstr("secret")));
  EXPECT_EQ(without_credentials("http://u:p@h:1/x?k=v"), "http://h:1/x");
  EXPECT_EQ(without_credentials("http://h/a@b"), "http://h/a@b");
}

TEST_F(OtlpSettingsTest, TakesTheProtocolFromArgumentVariableAndPort) {
  const Variables grpc = {{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}};
  OtlpOptions options{.endpoint = "http://c:4317", .grpc = &no_transport};
  EXPECT_EQ(settings(grpc, options).target.protocol, OtlpProtocol::Grpc);
  EXPECT_EQ(settings(grpc, options).target.url, "http://c:4317");
  EXPECT_EQ(settings({}, options).target.protocol, OtlpProtocol::Grpc);
  EXPECT_EQ(settings({{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"},
                      {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}},
                     options)
                .target.protocol,
            OtlpProtocol::HttpProtobuf);
  options.protocol = OtlpProtocol::HttpProtobuf;
  EXPECT_EQ(settings(grpc, options).target.protocol, OtlpProtocol::HttpProtobuf);
  options = {.endpoint = "http://c:4318", .grpc = &no_transport};
  EXPECT_EQ(settings({}, options).target.protocol, OtlpProtocol::HttpProtobuf);
  options.endpoint = "c:4317/v1/traces";
  EXPECT_EQ(settings({}, options).target.url, "https://c:4317");
  EXPECT_EQ(settings({{"OTEL_EXPORTER_OTLP_INSECURE", "true"}}, options).target.url,
            "http://c:4317");
}

TEST_F(OtlpSettingsTest, SaysInOneLineWhatIsMissingForGrpc) {
  const auto result =
      resolved({{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}}, {.endpoint = "http://c:4317"});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, ::testing::HasSubstr("eventcore::otlp_grpc"));
  EXPECT_THAT(result.error().message, ::testing::Not(::testing::HasSubstr("\n")));
  EXPECT_FALSE(
      resolved({{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"}}, {.endpoint = "http://c:1"}));
}

TEST_F(OtlpSettingsTest, CanBeSwitchedOff) {
  const OtlpOptions options{.endpoint = "http://c:4318"};
  EXPECT_FALSE(*resolved({{"OTEL_SDK_DISABLED", "TRUE"}}, options));
  EXPECT_FALSE(*resolved({{"OTEL_TRACES_EXPORTER", "none"}}, options));
  EXPECT_TRUE(*resolved({{"OTEL_METRICS_EXPORTER", "none"}}, options));
  EXPECT_FALSE(resolved({{"OTEL_TRACES_EXPORTER", "zipkin"}}, options));
}

TEST_F(OtlpSettingsTest, MergesHeaders) {
  OtlpOptions options{.endpoint = "c", .headers = {{"X-Mine", "argument"}}};
  const auto headers =
      settings({{"OTEL_EXPORTER_OTLP_HEADERS", "x-mine=v, api-key=a%20b%2C"}}, options)
          .target.headers;
  EXPECT_EQ(headers, (std::vector<OtlpHeader>{{"api-key", "a b,"}, {"x-mine", "argument"}}));
  // The signal's own replaces the general one as a whole.
  EXPECT_EQ(settings({{"OTEL_EXPORTER_OTLP_HEADERS", "a=1"},
                      {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2"}},
                     {.endpoint = "c"})
                .target.headers,
            (std::vector<OtlpHeader>{{"b", "2"}}));
  EXPECT_THAT(settings({{"OTEL_EXPORTER_OTLP_HEADERS", "a=1%0D%0Ax-evil: 1"}}, {.endpoint = "c"})
                  .target.headers,
              ::testing::IsEmpty());
  EXPECT_THAT(lines_, ::testing::IsEmpty());
  EXPECT_THAT(
      settings({{"OTEL_EXPORTER_OTLP_HEADERS", "secret"}}, {.endpoint = "c"}).target.headers,
      ::testing::IsEmpty());
  ASSERT_EQ(lines_.size(), 1);
  EXPECT_THAT(lines_[0], ::testing::Not(::testing::HasSubstr("secret")));
}

TEST_F(OtlpSettingsTest, DescribesTheResource) {
  EXPECT_EQ(resource({})["deployment.environment"], "unknown");
  EXPECT_EQ(resource({{"ENVIRONMENT", "staging"}})["deployment.environment"], "staging");
  EXPECT_EQ(resource({})["telemetry.sdk.name"], "eventcore");
  EXPECT_EQ(resource({})["telemetry.sdk.language"], "cpp");
  EXPECT_EQ(resource({}).count("service.version"), 0);
  EXPECT_TRUE(resource({})["service.name"].starts_with("unknown_service:"));

  const Variables variables = {
      {"OTEL_SERVICE_NAME", "variable"},
      {"OTEL_RESOURCE_ATTRIBUTES",
       "service.name=attribute,service.namespace=shops%2Feu,deployment.environment=prod"}};
  auto found = resource(variables);
  EXPECT_EQ(found["service.name"], "variable");
  EXPECT_EQ(found["service.namespace"], "shops/eu");
  EXPECT_EQ(found["deployment.environment"], "prod");
  found = resource(variables, {.endpoint = "a",
                               .service_name = "argument",
                               .service_version = "1.2",
                               .resource = {{"service.namespace", "mine"}}});
  EXPECT_EQ(found["service.name"], "argument");
  EXPECT_EQ(found["service.version"], "1.2");
  EXPECT_EQ(found["service.namespace"], "mine");
  const OtlpOptions fallback{.endpoint = "a", .service_name_fallback = "shop"};
  EXPECT_EQ(resource({}, fallback)["service.name"], "shop");
  EXPECT_EQ(resource(variables, fallback)["service.name"], "variable");
}

TEST_F(OtlpSettingsTest, SizesBatches) {
  OtlpSettings found = settings({}, {.endpoint = "c"});
  EXPECT_EQ(found.queue_max, 16'384);
  EXPECT_EQ(found.batch_max, 512);
  EXPECT_EQ(found.delay, milliseconds(5'000));
  EXPECT_EQ(found.target.timeout, milliseconds(10'000));
  const Variables variables = {
      {"OTEL_BSP_MAX_QUEUE_SIZE", "100"},         {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", " 200 "},
      {"OTEL_BSP_SCHEDULE_DELAY", "7"},           {"OTEL_EXPORTER_OTLP_TIMEOUT", "9"},
      {"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"}, {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca"}};
  found = settings(variables, {.endpoint = "c"});
  EXPECT_EQ(found.queue_max, 100);
  EXPECT_EQ(found.batch_max, 100);
  EXPECT_EQ(found.delay, milliseconds(7));
  EXPECT_EQ(found.target.timeout, milliseconds(9));
  EXPECT_TRUE(found.target.gzip);
  EXPECT_EQ(found.target.ca_file, "/ca");
  found = settings(variables, {.endpoint = "c",
                               .gzip = false,
                               .timeout = milliseconds(1),
                               .queue_max = 5,
                               .delay = milliseconds(2)});
  EXPECT_EQ(found.queue_max, 5);
  EXPECT_EQ(found.delay, milliseconds(2));
  EXPECT_EQ(found.target.timeout, milliseconds(1));
  EXPECT_FALSE(found.target.gzip);
}

TEST_F(OtlpSettingsTest, PassesOverNumbersThatAreNone) {
  const OtlpSettings found = settings({{"OTEL_BSP_MAX_QUEUE_SIZE", "many"},
                                       {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0"},
                                       {"OTEL_BSP_SCHEDULE_DELAY", "-1"},
                                       {"OTEL_EXPORTER_OTLP_TIMEOUT", "1e9"}},
                                      {.endpoint = "c"});
  EXPECT_EQ(found.queue_max, 16'384);
  EXPECT_EQ(found.batch_max, 512);
  EXPECT_EQ(found.delay, milliseconds(5'000));
  EXPECT_EQ(found.target.timeout, milliseconds(10'000));
  EXPECT_EQ(lines_.size(), 4);
}

}  // namespace
}  // namespace eventcore::detail
