// Tools for tests: the simulator. Not part of coppice.hpp: a program that is no test does without.
#pragma once

#include <coppice/testing/commands.hpp>
#include <coppice/testing/expect.hpp>
#include <coppice/testing/explore.hpp>
#include <coppice/testing/probe.hpp>
#include <coppice/testing/simulation.hpp>
