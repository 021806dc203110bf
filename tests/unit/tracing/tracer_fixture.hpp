#pragma once

/// \file
/// A tracer that is installed for a test.

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "eventcore/tracing/tracer.hpp"
#include "recorded_spans.hpp"

namespace eventcore {

class TracerFixture : public ::testing::Test {
 protected:
  /// Installs a tracer whose sink is `spans_`.
  void install(TracerOptions options = {}) {
    tracer_.reset();
    options.sinks.push_back(spans_);
    Result<std::unique_ptr<Tracer>> installed = install_tracer(std::move(options));
    ASSERT_TRUE(installed) << describe(installed.error());
    tracer_ = *std::move(installed);
  }
  /// All spans that have ended.
  std::vector<OwnedSpan> flushed() {
    EXPECT_TRUE(tracer_->flush({}).complete);
    return spans_->all();
  }

  std::shared_ptr<RecordedSpans> spans_ = std::make_shared<RecordedSpans>();
  std::unique_ptr<Tracer> tracer_;
};

}  // namespace eventcore
