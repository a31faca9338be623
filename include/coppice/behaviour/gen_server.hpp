// Everything for writing and using servers. See traits.hpp for GenServer itself.
#pragma once

#include <coppice/behaviour/next.hpp>
#include <coppice/behaviour/protocol.hpp>
#include <coppice/behaviour/reply.hpp>
#include <coppice/behaviour/server_ref.hpp>
#include <coppice/behaviour/start.hpp>
#include <coppice/behaviour/traits.hpp>
