// The processes of a sup scenario: they do what their declarations say and write down what happens to them.
#pragma once

#include "ledger.hpp"

namespace conformance {

class Worker : public GenServer {
 public:
  Worker(Stage* stage, Declared declared, std::string pool)
      : stage_{stage}, declared_{std::move(declared)}, pool_{std::move(pool)} {}
  Task<InitResult> init();
  Next handle_cast(Action crash);
  void handle_info(const Exit& exit) { write(Event::Kind::info, "info", " " + stage_->ledger.term_of(exit)); }
  Task<> terminate(const ExitReason& reason);

 private:
  void write(Event::Kind kind, const std::string& what, const std::string& more);

  Stage* stage_;
  Declared declared_;
  std::string pool_;
};

class Static : public Supervisor {
 public:
  Static(Stage* stage, std::string id) : stage_{stage}, id_{std::move(id)} {}
  SupervisorSpec init() override;

 private:
  Stage* stage_;
  std::string id_;
};

class Pool : public DynamicSupervisor {
 public:
  Pool(Stage* stage, std::string id) : stage_{stage}, id_{std::move(id)} {}
  DynamicSpec init() override;
  // Of a new child.
  ChildSpec child_spec(std::string name, Words settings);

 private:
  Stage* stage_;
  std::string id_;
};

ChildSpec spec_of(Stage* stage, const Declared& declared);

// Writes down what supervisors report.
class Reports : public process::EventSink {
 public:
  explicit Reports(Stage& stage) : stage_{stage} {}
  void supervised(const process::SupervisorReport& report) noexcept override;
  bool wants_crash_reports() const noexcept override { return false; }

 private:
  Stage& stage_;
};

}  // namespace conformance
