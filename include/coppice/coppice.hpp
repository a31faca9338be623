// Everything of Coppice that needs no further library.
#pragma once

#include <coppice/behaviour/async.hpp>
#include <coppice/behaviour/event_manager.hpp>
#include <coppice/behaviour/multi_call.hpp>
#include <coppice/behaviour/request_set.hpp>
#include <coppice/behaviour/scope.hpp>
#include <coppice/behaviour/state_machine.hpp>
#include <coppice/core.hpp>
#include <coppice/process/alias.hpp>
#include <coppice/process/ask_info.hpp>
#include <coppice/process/random_number.hpp>
#include <coppice/time/virtual_clock.hpp>
