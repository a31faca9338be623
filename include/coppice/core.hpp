// The core vocabulary on one page: processes, messages, links, monitors, exits, GenServer, Supervisor, Runtime.
#pragma once

#include <coppice/behaviour/gen_server.hpp>
#include <coppice/process/blocking.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/links.hpp>
#include <coppice/process/message.hpp>
#include <coppice/process/names.hpp>
#include <coppice/process/receive.hpp>
#include <coppice/process/send.hpp>
#include <coppice/process/sleep.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/process/task.hpp>
#include <coppice/process/timers.hpp>
#include <coppice/supervision/supervisor_ref.hpp>
#include <coppice/system/runtime.hpp>
#include <coppice/time/infinity.hpp>
