#pragma once

// A connection that follows a broadcast, until it ends.

#include <memory>
#include <string>

#include <boost/beast/core/tcp_stream.hpp>

#include "eventcore/http_broadcast.hpp"

namespace eventcore::http::detail {

class ServerCore;

/// Writes `head`, the header of a response, and then what `broadcast` publishes.
void follow_broadcast(boost::beast::tcp_stream stream, std::string head,
                      std::shared_ptr<Broadcast> broadcast, ServerCore& core);

/// The header of `response`, whose end is that of the connection.
[[nodiscard]] std::string stream_head(const Response& response);

}  // namespace eventcore::http::detail
