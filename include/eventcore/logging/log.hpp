#pragma once

/// \file
/// `EVENTCORE_LOG_INFO` and its like: how records are made, the library's and an application's.
///
///     EVENTCORE_LOG_INFO("Order placed", field("order_id", order.id), field("total", total));
///
/// The message is a literal, and what varies is in fields: records can be searched then, and no
/// value can look like another record. Each call site has a switch (see `LogFilter`) and a limit a
/// second. Arguments are evaluated only if a record is made. The target is made of the namespaces
/// and classes around the function, such as `shop::ShopServer`, or `app`; define
/// `EVENTCORE_LOG_TARGET` before the first include for another one. The record carries the trace,
/// span and correlation id of the thread's current work. Not from signal handlers, and not from
/// code that is unloaded before the process ends. Example: examples/logging.cpp.

#include "eventcore/detail/log_site.hpp"
#include "eventcore/logging/log_field.hpp"
#include "eventcore/logging/log_level.hpp"

#ifndef EVENTCORE_LOG_TARGET
#define EVENTCORE_LOG_TARGET ""
#endif

/// A record with everything said: `level` is an enumerator of `LogLevel`, `event` a name for
/// machines such as `order.placed`; empty: none. Fields follow.
#define EVENTCORE_LOG_RECORD(level, target, event, message, ...)            \
  do {                                                                      \
    static constinit ::eventcore::detail::LogSite eventcore_log_site(       \
        ::eventcore::LogLevel::level,                                       \
        ::eventcore::detail::log_target(target, __PRETTY_FUNCTION__),       \
        ::eventcore::detail::log_file(__FILE__), __LINE__, event, message); \
    if (eventcore_log_site.is_wanted()) [[unlikely]] {                      \
      using ::eventcore::field;                                             \
      ::eventcore::detail::write_log(eventcore_log_site, {__VA_ARGS__});    \
    }                                                                       \
  } while (false)

#define EVENTCORE_LOG_TRACE(message, ...) \
  EVENTCORE_LOG_RECORD(Trace, EVENTCORE_LOG_TARGET, "", message __VA_OPT__(, ) __VA_ARGS__)
#define EVENTCORE_LOG_DEBUG(message, ...) \
  EVENTCORE_LOG_RECORD(Debug, EVENTCORE_LOG_TARGET, "", message __VA_OPT__(, ) __VA_ARGS__)
#define EVENTCORE_LOG_INFO(message, ...) \
  EVENTCORE_LOG_RECORD(Info, EVENTCORE_LOG_TARGET, "", message __VA_OPT__(, ) __VA_ARGS__)
#define EVENTCORE_LOG_WARN(message, ...) \
  EVENTCORE_LOG_RECORD(Warn, EVENTCORE_LOG_TARGET, "", message __VA_OPT__(, ) __VA_ARGS__)
#define EVENTCORE_LOG_ERROR(message, ...) \
  EVENTCORE_LOG_RECORD(Error, EVENTCORE_LOG_TARGET, "", message __VA_OPT__(, ) __VA_ARGS__)
