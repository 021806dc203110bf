#pragma once

/// \file
/// The labels and buckets that metrics of the catalogue share.

#include <array>

#include "eventcore/observability/metric_description.hpp"
#include "eventcore/observability/metric_labels.hpp"

namespace eventcore::observability::catalogue {

// Labels. Run-time values are bounded: see `LabelDescription`.
inline constexpr LabelDescription kCommandType{"command_type"};
inline constexpr std::array kByCommand{kCommandType};
inline constexpr std::array kByCommandOutcome{kCommandType, label_of<CommandOutcome>};
inline constexpr std::array kByCommandCategory{kCommandType, LabelDescription{"category"}};
inline constexpr std::array kByCommandRole{kCommandType, label_of<StreamRole>};
inline constexpr std::array kByPhase{label_of<CommandPhase>};
inline constexpr std::array kByCategory{LabelDescription{"category"}};
inline constexpr std::array kByOperation{label_of<StoreOperation>};
inline constexpr std::array kByOperationResult{label_of<StoreOperation>, label_of<StoreResult>};
inline constexpr std::array kByOperationError{label_of<StoreOperation>, label_of<ErrorCode>};
inline constexpr std::array kByTask{label_of<CareTask>};
inline constexpr std::array kByBackend{LabelDescription{"backend", {}, 10}};
inline constexpr std::array kByPool{LabelDescription{"pool", {}, 10}};
inline constexpr std::array kByStream{LabelDescription{"stream_id", {}, 10}};
inline constexpr LabelDescription kProjectionName{"projection_name"};
inline constexpr std::array kByProjection{kProjectionName};
inline constexpr std::array kByProjectionState{kProjectionName, label_of<ProjectionState>};
inline constexpr std::array kByProjectionVersion{kProjectionName, LabelDescription{"version"}};
inline constexpr std::array kByProjectionError{kProjectionName, label_of<ProjectionFailure>};
inline constexpr std::array kByProjectionSkip{kProjectionName, label_of<SkipReason>};
inline constexpr std::array kByProjectionLetter{kProjectionName, label_of<DeadLetterCause>};
inline constexpr std::array kByProjectionReplay{kProjectionName, label_of<ReplayResult>};
inline constexpr std::array kByCollector{label_of<MetricsCollector>};
inline constexpr std::array kByUpdate{label_of<MetricsUpdate>};
inline constexpr std::array kByFamily{LabelDescription{"family"}};
inline constexpr std::array kByTimed{label_of<TimedPart>};
inline constexpr std::array kByHandlerCode{LabelDescription{"handler"}, LabelDescription{"code"}};
inline constexpr std::array kByCheck{LabelDescription{"check"}};
inline constexpr std::array kByBuild{
    LabelDescription{"version", {}, 10}, LabelDescription{"commit", {}, 10},
    LabelDescription{"backend", {}, 10}, LabelDescription{"durability", {}, 10},
    LabelDescription{"compiler", {}, 10}};

// Buckets. One layout for all latencies: 50 µs to 10 s.
inline constexpr std::array kLatencyBuckets{50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3,
                                            5e-3,  10e-3,  25e-3,  50e-3,  0.1,  0.25,
                                            0.5,   1.0,    2.5,    5.0,    10.0};
inline constexpr std::array kAttemptBuckets{1.0, 2.0, 3.0, 5.0, 8.0, 13.0};
inline constexpr std::array kWidthBuckets{0.0,  1.0,  2.0,  3.0,   5.0,   8.0,
                                          13.0, 21.0, 34.0, 100.0, 300.0, 1000.0};
inline constexpr std::array kSizeBuckets{0.0,  1.0,   2.0,   5.0,    10.0,   20.0,
                                         50.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0};
inline constexpr std::array kRoundBuckets{1.0, 2.0, 3.0, 5.0, 8.0, 10.0};
inline constexpr std::array kLengthBuckets{1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3,
                                           3e3, 1e4, 3e4,  1e5,  1e6,   1e7};
inline constexpr std::array kBatchBuckets{1.0,   2.0,   4.0,   8.0,    16.0,   32.0,  64.0,
                                          128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0};

}  // namespace eventcore::observability::catalogue
