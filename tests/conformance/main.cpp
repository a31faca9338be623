// Runs scenarios on Coppice and prints what happened, as oracle/oracle.erl does on Erlang:
//   conformance [--out DIR] [--jobs N] FILE.scn ...
// Each scenario has a runtime of its own; N of them run at once.
#include <atomic>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <thread>

#include "run.hpp"

namespace {

namespace fs = std::filesystem;

std::string run(const std::string& file) {
  try {
    conformance::Troupe stage;
    stage.scenario = conformance::read_scenario(file);
    conformance::Reports reports{stage};
    coppice::RuntimeOptions options;
    options.schedulers = 2;
    options.detect_call_cycles = false;  // as in OTP
    options.events = &reports;
    coppice::Runtime runtime{options};
    std::string trace = stage.scenario.kind == "sup" ? runtime.run(conformance::run_sup, &stage)
                                                     : runtime.run(conformance::run_proc, &stage);
    runtime.stop();
    return trace;
  } catch (const std::exception& error) {
    return fmt::format("!! {}\n", error.what());
  } catch (const coppice::ExitSignal& signal) {
    return fmt::format("!! the driver ended: {}\n", signal.reason());
  }
}

}  // namespace

int main(int argc, char** argv) {
  fs::path out;
  unsigned jobs = 1;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--out" && i + 1 < argc)
      out = argv[++i];
    else if (argument == "--jobs" && i + 1 < argc)
      jobs = static_cast<unsigned>(std::stoul(argv[++i]));
    else
      files.push_back(argument);
  }
  std::vector<std::string> traces(files.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < jobs; ++i)
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < files.size(); at = next++) traces[at] = run(files[at]);
    });
  threads.clear();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const fs::path file = files[i];
    if (out.empty())
      fmt::print("### {}\n{}", file.filename().string(), traces[i]);
    else
      std::ofstream{out / file.filename().replace_extension(".trace")} << traces[i];
  }
}
