#!/usr/bin/env python3
"""No code of ours has a form that GCC 12 translates wrongly (docs/compilers.md), seen by clang-query.

Every source file with a coroutine is parsed, so that templates are looked at as they are instantiated; a finding in a
header counts once. Most of the time goes into the headers, so tests of a folder are parsed several at a time, each in a
namespace of its own, and alone only if that does not compile. tests/toolchain holds the faulty forms on purpose.
"""
import functools
import itertools
import os
import re
import subprocess
import tempfile

import tidy

FLAGS = ["-std=c++23", "-Iinclude", "-I.", "-Itests", "-Itests/support", "-Wno-everything",
         '-DEXAMPLE_FOLDER=""', '-DCOPPICE_BENCHMARK_BUILD=""']

# Files that are there to be refused by the compiler.
NOT_COMPILED = tuple(f"tests/contract/{name}.cpp" for name in (
    "unhandled_cast", "private_handler", "unhandled_info", "protocol_without_handler", "protocol_without_message",
    "machine_without_handler", "machine_timeout_without_handler"))

# Matchers for a node that belongs to the coroutine of the node bound to a name, and not to a lambda inside of it.
OWN = 'unless(hasAncestor(lambdaExpr(hasAncestor({kind}(equalsBoundNode("{name}"))))))'
OWN_EXPR = OWN.format(kind="exprWithCleanups", name="full")
OWN_STMT = OWN.format(kind="compoundStmt", name="body")


def beside_await(matcher):
    return (f'exprWithCleanups(expr().bind("full"), hasDescendant(coawaitExpr({OWN_EXPR})), '
            f"forEachDescendant({matcher}))")


CONDITION = "hasCondition(hasDescendant(coawaitExpr()))"
STATEMENTS = ", ".join(f"{kind}Stmt({CONDITION})" for kind in ("if", "while", "do", "for", "switch"))

AWAITS = f'expr(anyOf(coawaitExpr(), hasDescendant(coawaitExpr({OWN.format(kind="expr", name="operator")}))))'
WRAP = "expr(anyOf(exprWithCleanups(), implicitCastExpr()), hasParent({outer}))"
WHOLE_INITIALIZER = ", ".join(f"hasParent({outer})" for outer in (
    "varDecl()", WRAP.format(outer="varDecl()"), WRAP.format(outer=WRAP.format(outer="varDecl()"))))

# name of the binding: matcher. A temporary that is made by neither a constructor nor a function is made by the
# braces of an aggregate or is a closure.
FAULTS = {
    "aggregate or closure with a destructor beside co_await": beside_await(
        f"cxxBindTemporaryExpr(has(expr(unless(anyOf(cxxConstructExpr(), callExpr(), castExpr(), coawaitExpr())))), "
        f"{OWN_EXPR})"
        '.bind("{name}")'),
    "conditional of temporaries beside co_await": beside_await(
        "conditionalOperator(hasDescendant(cxxBindTemporaryExpr()), hasType(hasUnqualifiedDesugaredType(recordType())),"
        f' {OWN_EXPR}).bind("{{name}}")'),
    "list of temporaries beside co_await": beside_await(
        f'cxxStdInitializerListExpr(hasDescendant(cxxBindTemporaryExpr()), {OWN_EXPR}).bind("{{name}}")'),
    "co_await in a condition of a coroutine without local variables":
        f'functionDecl(hasBody(coroutineBodyStmt(has(compoundStmt(stmt().bind("body"), '
        f"unless(hasDescendant(declStmt({OWN_STMT}))))))), "
        f'forEachDescendant(stmt(anyOf({STATEMENTS}), {OWN_STMT}).bind("{{name}}")))',
    "co_await in one branch of an expression that is not a variable's whole initializer":
        f'expr(expr().bind("operator"), anyOf('
        f"conditionalOperator(anyOf(hasTrueExpression({AWAITS}), hasFalseExpression({AWAITS}))), "
        f'binaryOperator(hasAnyOperatorName("&&", "||"), hasRHS({AWAITS}))), '
        f'unless(anyOf({WHOLE_INITIALIZER}))).bind("{{name}}")',
}


@functools.cache
def script():
    with tempfile.NamedTemporaryFile("w", suffix=".query", delete=False) as f:
        f.write("set bind-root false\nset output diag\n")
        for name, matcher in FAULTS.items():
            f.write("match " + matcher.replace("{name}", name) + "\n")
        return f.name


def findings(root, path, everywhere=False, flags=()):
    """What clang-query finds in one source file and in the headers below root (or everywhere) that it includes."""
    result = subprocess.run(["clang-query-19", "-f", script(), str(path), "--", *FLAGS, *flags], cwd=root,
                            capture_output=True, text=True)
    found = set()
    for line in (result.stdout + result.stderr).splitlines():
        bound = re.match(r'(\S+?):(\d+):\d+: note: "([^"]*)" binds here', line)
        if bound and bound[3] in FAULTS:
            where = os.path.relpath(os.path.join(root, bound[1]), root)
            if everywhere or not where.startswith(".."):
                found.add(f"{where}:{bound[2]}: {bound[3]}")
        elif re.search(r"(^\d+:\d+: |\berror: )", line):
            found.add(f"{path}:1: clang-query: {line}")
    return found


def findings_together(root, paths):
    """The same in several files of one folder."""
    if len(paths) == 1:
        return findings(root, paths[0])
    includes = dict.fromkeys(line for path in paths for line in (root / path).read_text().splitlines()
                             if line.startswith("#include"))
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as together:
        together.write("\n".join(includes) + "\n")
        for number, path in enumerate(paths):
            together.write(f'namespace part_{number} {{\n#include "{path}"\n}}\n')
        together.flush()
        found = findings(root, together.name, flags=[f"-I{paths[0].parent}"])
    if any(": clang-query: " in finding for finding in found):
        return set().union(*(findings(root, path) for path in paths))
    return found


def in_batches(sources):
    """Tests by folder, a few at a time; the others alone."""
    batches = []
    for folder, paths in itertools.groupby(sources, lambda path: path.parent):
        size = 8 if folder.parts[:1] == ("tests",) else 1
        paths = list(paths)
        batches += [paths[at : at + size] for at in range(0, len(paths), size)]
    return batches


def check(root):
    def has_coroutines(path):
        return re.search(r"co_await|co_return|coppice/(coppice|core)\.hpp", (root / path).read_text())

    sources = [p for p in tidy.files(root, "src", "tests", "examples", suffixes=".cpp")
               if str(p) not in NOT_COMPILED and p.parts[:2] != ("tests", "toolchain") and has_coroutines(p)]
    return sorted(set().union(*tidy.in_parallel(lambda batch: findings_together(root, batch), in_batches(sources))))


RUN = """
#include <coroutine>
#include <string>
#include <vector>
struct Run {
  struct promise_type {
    Run get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};
struct Park {
  void* nothing = nullptr;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) {}
  bool await_resume() { return true; }
};
struct Message { std::string text; };
template <class T> Park park(const T&) { return {}; }
inline bool done(bool d) { return d; }
template <class F> bool done(F, bool d) { return d; }
"""
A, C, L, N, B = FAULTS


def case(code, *expected):
    return {"src/a.cpp": RUN + code}, list(expected)


CASES = [
    case("Run f() { co_await park(Message{std::string()}); }", A),
    case("Run f() { co_await park(Message(std::string())); }", A),
    case("Run f(std::string s) { co_await park([s] { return s; }); }", A),
    case("template <class T> Run f(T s) { co_await park(Message{s}); }\nRun g() { return f(std::string()); }", A),
    case("Run f(bool b) { co_await park(b ? std::string() : std::string()); }", C),
    case("Run f() { co_await park(std::vector<std::string>{std::string()}); }", A, L),
    case("Run f() { if (co_await Park{}) done(true); }", N),
    case("Run f() { for (;;) { while (done(co_await Park{})) co_return; } }", N),
    case("auto f = [] () -> Run { if (co_await Park{}) done([] { int n = 0; return n == 0; }()); };", N),
    case("Run f(bool b) { done(b ? co_await Park{} : false); }", B),
    case("Run f(bool b) { int n = 0; if (b && co_await Park{}) ++n; }", B),
    case("Run f(bool b) { bool c = b ? co_await Park{} : false; bool d = c && co_await Park{}; done(d); }"),
    case("void f(bool b) { done(b && done([]() -> Run { co_await Park{}; }, true)); }"),
    case("Run f(bool b) { int n = b ? 1 + co_await Park{} : 0; n += co_await Park{} && b; }"),
    case("Run f() { Message m{std::string()}; co_await park(std::move(m)); }"),
    case("Run f(std::string s) { co_await park(s + s); co_await park(std::string(3, 'x')); }"),
    case("Run f(std::string s) { co_await park([&s] { return s; }); }"),
    case("Run f(bool b, int n) { co_await park(b ? n : 2); co_await park(std::vector<int>{1, 2}); }"),
    case("void f(std::string s) { park([s]() -> Run { co_await Park{}; }); }"),
    case("Run f() { int n = 0; if (co_await Park{}) ++n; }"),
    case("Run f() { if (bool b = co_await Park{}) done(b); }"),
    case("Run f() { done(co_await Park{}); if (done(true)) co_await Park{}; }"),
    case("Run f() { co_await broken; }", "clang-query"),
    ({"tests/x/run.hpp": "#pragma once" + RUN, "tests/x/a.cpp": '#include "run.hpp"\nRun f() { if (co_await Park{}) done(true); }',
      "tests/x/b.cpp": '#include "run.hpp"\nRun f(bool b) { done(b ? co_await Park{} : false); }'}, [N, B]),
    ({"tests/x/run.hpp": "#pragma once" + RUN, "tests/x/a.cpp": '#include "run.hpp"\nRun f() { co_await Park{}; }',
      "tests/x/b.cpp": '#include "run.hpp"\ntemplate <> struct std::hash<Message> {};\n'
                       "Run f() { if (co_await Park{}) done(true); }"}, [N]),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
