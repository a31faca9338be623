// Runs scenarios on Coppice, each in a runtime of its own, and writes what happened as oracle/oracle.erl does on Erlang:
//   conformance --out DIR FILE.scn ...
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "nodes.hpp"
#include "run.hpp"

namespace {

using namespace conformance;

std::string trace_of(const std::string& file) {
  Stage stage;
  stage.scenario = read_scenario(file);
  Reports reports{stage};
  RuntimeOptions options;
  options.schedulers = 2;
  options.detect_call_cycles = false;  // as in OTP
  options.events = &reports;
  Runtime runtime{options};
  return stage.scenario.kind == "sup" ? runtime.run(run_sup, &stage) : runtime.run(run_proc, &stage);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || std::string{argv[1]} != "--out") return std::fputs("conformance --out DIR FILE.scn ...\n", stderr), 2;
  for (int i = 3; i < argc; ++i) {
    const std::filesystem::path file = argv[i], folder = argv[2];
    std::ofstream{folder / file.filename().replace_extension(".trace")} << trace_of(file.string());
  }
}
