// Which ways of writing an awaited expression does this compiler get right? Each form below makes temporaries that own
// memory in one full expression with co_await; the program runs one form and reports whether every value was destroyed
// exactly once. It stands on its own, with a coroutine type of a few lines, so that it judges the compiler alone.
//
//   canary            lists the forms
//   canary FORM       runs one: exit code 0 if it was sound (AddressSanitizer ends it otherwise, or it returns 1)
//
// Some compilers do not even compile the forms with lists: define WITHOUT_LISTS for those.
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness.hpp"

using namespace canary;

namespace {

// --- forms that docs/compilers.md calls safe ---

Run in_place() { co_await hold_in_place<Class>(Owner{1}, 2); }
Run named_moved() {
  Aggregate named{Owner{1}, 2};
  co_await hold(std::move(named));
}
Run named_reference() {
  Aggregate named{Owner{1}, 2};
  co_await look(named);
}
Run constructor_parentheses() { co_await hold(Class(Owner{1}, 2)); }
Run constructor_braces() { co_await hold(Class{Owner{1}, 2}); }
Run constructor_reference() { co_await look_class(Class{Owner{1}, 2}); }
Run returned_prvalue() { co_await hold_aggregate(make(1)); }
Run returned_reference() { co_await look(make(1)); }
Run strings_added() { co_await hold(std::string(40, 'x') + std::string(40, 'y')); }
Run closure_trivial() {
  int n = 1;
  co_await look_at_closure([n] { return n; });
}
Run closure_by_reference() {
  Owner owner{1};
  co_await look_at_closure([&owner] { return owner.value(); });
}
Run closure_named_moved() {
  auto closure = [owner = Owner{1}] { return owner.value(); };
  co_await hold(std::move(closure));
}
Run conditional_lvalues() {
  Owner a{1};
  Owner b{2};
  co_await look_owner(live > 1 ? a : b);
}
Run conditional_awaits() {
  int n = live == 0 ? co_await hold(Owner{1}) : co_await hold(Owner{2});
  want(n, 1);
}
Run await_then_constructor() { want(add_class(co_await Park{}, Class{Owner{1}, 2}), 4); }
Run await_twice() { want(sum(co_await Give{1}, co_await Give{2}), 3); }
Run result_named() {
  Owner result = co_await Give{1};
  want(result.value(), 1);
}
Run result_used_in_place() { want((co_await Give{1}).value(), 1); }
Run result_dropped() { co_await Give{1}; }
Run result_awaited() { want(co_await hold(co_await Give{1}), 1); }
Run result_iterated() {
  int total = 0;
  for (const Owner& owner : co_await GiveMany{}) total += owner.value();
  want(total, 3);
}
Run result_bound() {
  auto [owner, number] = co_await GiveAggregate{};
  want(owner.value() + number, 3);
}
Run thrown_with_temporaries() {
  try {
    want(add_class(co_await Throw{}, Class{Owner{1}, 2}), 0);
  } catch (int) {
  }
}
Run thrown_after_temporaries() {
  try {
    want(add_class(look_class(Class{Owner{1}, 2}).await_resume() + co_await Throw{}, Class{Owner{3}, 2}), 0);
  } catch (int) {
  }
}
Run take_parameters(Owner owner, std::string text) {
  co_await Park{};
  want(owner.value() + static_cast<int>(text.size()), 41);
}
Run parameters() { return take_parameters(Owner{1}, std::string(40, 'x')); }
Run empty_list() { co_await look_vector({}); }
Run named_vector() {
  std::vector<Owner> named;
  named.emplace_back(1);
  co_await hold(std::move(named));
}
Run unique_pointer() { co_await hold(std::make_unique<Owner>(1)); }
Run condition_named() {
  bool ready = co_await ready_soon();
  if (ready) count();
}
Run condition_declared() {
  if (int ready = co_await Park{}) want(ready, 1);
}
Run condition_beside_local() {
  int before = 0;
  if (co_await ready_soon()) count();
  want(before, 0);
}
Run loop_with_local() {
  for (int i = 0; co_await Park{} == 1 && i < 2; ++i) count();
}

Run branch_initializer() {
  int taken = live == 0 ? 1 : co_await count_awaits();
  bool both = taken == 0 && co_await count_awaits() == 1;
  want(awaits + static_cast<int>(both), 0);
}
Run branch_statement() {
  int taken = 1;
  if (live != 0) taken = co_await count_awaits();
  want(awaits + taken, 1);
}

// --- forms that some compiler gets wrong ---

Run aggregate_braces() { co_await hold(Aggregate{Owner{1}, 2}); }
Run aggregate_by_value() { co_await hold_aggregate(Aggregate{Owner{1}, 2}); }
Run aggregate_bare_braces() { co_await hold_aggregate({Owner{1}, 2}); }
Run aggregate_designated() { co_await hold(Aggregate{.owner = Owner{1}, .number = 2}); }
Run aggregate_parentheses() {
#if defined(__cpp_aggregate_paren_init)
  co_await hold(Aggregate(Owner{1}, 2));
#else
  co_return;
#endif
}
Run aggregate_reference() { co_await look(Aggregate{Owner{1}, 2}); }
Run aggregate_nested() { co_await hold(Nested{{Owner{1}, 2}}); }
Run aggregate_derived() { co_await hold(Derived{{Owner{1}}, 2}); }
Run aggregate_awaiter() { co_await AggregateAwaiter{Owner{1}}; }
Run aggregate_in_argument() { co_await look_owner(Owner{Aggregate{Owner{1}, 2}.number}); }
Run await_then_aggregate() { want(add(co_await Park{}, Aggregate{Owner{1}, 2}), 3); }
Run closure_captures() {
  co_await hold([owner = Owner{1}] { return owner.value(); });
}
Run closure_captures_reference() {
  co_await look_at_closure([owner = Owner{1}] { return owner.value(); });
}
Run closure_converted() {
  Owner owner{1};
  co_await look_at_function([owner] { return owner.value(); });
}
Run conditional_prvalues() { co_await look_owner(live == 0 ? Owner{1} : Owner{2}); }
Run conditional_mixed() {
  Owner a{1};
  co_await look_owner(live > 5 ? a : Owner{2});
}
Run condition_without_locals() {
  if (co_await ready_soon()) count();
}
Run loop_without_locals() {
  while (co_await ready_soon()) {
    count();
    co_return;
  }
}
Run switch_without_locals() {
  switch (co_await Park{}) {
    case 1: count(); break;
    default: break;
  }
}
Run branch_argument() {
  want(live == 0 ? 1 : co_await count_awaits(), 1);
  want(awaits, 0);
}
Run branch_and() {
  want(static_cast<int>(live != 0 && co_await count_awaits() == 1), 0);
  want(awaits, 0);
}
Run branch_temporary() { want(static_cast<int>(co_await Step{} && Class{Owner{steps}, 0}.sum() == 1), 1); }
Run branch_loop() {
  bool never = live != 0;
  while (never && co_await count_awaits().owner_in_the_way() == 1) count();
  want(awaits, 0);
}
#if !defined(WITHOUT_LISTS)
Run list_of_owners() { co_await look_list({Owner{1}, Owner{2}}); }
Run vector_braces() {
  co_await look_vector({Owner{1}, Owner{2}});
}
Run vector_of_strings() { co_await hold(std::vector<std::string>{std::string(40, 'x'), std::string(40, 'y')}); }
#endif

struct Form {
  const char* name;
  Run (*run)();
};
#define FORM(name) \
  Form { #name, name }
const Form forms[] = {
    FORM(in_place), FORM(named_moved), FORM(named_reference), FORM(constructor_parentheses),
    FORM(constructor_braces), FORM(constructor_reference), FORM(returned_prvalue),
    FORM(returned_reference), FORM(strings_added), FORM(closure_trivial),
    FORM(closure_by_reference), FORM(closure_named_moved), FORM(conditional_lvalues),
    FORM(conditional_awaits), FORM(await_then_constructor), FORM(await_twice), FORM(result_named),
    FORM(result_used_in_place), FORM(result_dropped), FORM(result_awaited), FORM(result_iterated),
    FORM(result_bound), FORM(thrown_with_temporaries), FORM(thrown_after_temporaries),
    FORM(parameters), FORM(empty_list), FORM(named_vector), FORM(unique_pointer),
    FORM(condition_named), FORM(condition_declared), FORM(condition_beside_local),
    FORM(loop_with_local), FORM(branch_initializer), FORM(branch_statement),
    FORM(aggregate_braces), FORM(aggregate_by_value),
    FORM(aggregate_bare_braces), FORM(aggregate_designated), FORM(aggregate_parentheses),
    FORM(aggregate_reference), FORM(aggregate_nested), FORM(aggregate_derived),
    FORM(aggregate_awaiter), FORM(aggregate_in_argument), FORM(await_then_aggregate),
    FORM(closure_captures), FORM(closure_captures_reference), FORM(closure_converted),
    FORM(conditional_prvalues), FORM(conditional_mixed), FORM(condition_without_locals),
    FORM(loop_without_locals), FORM(switch_without_locals), FORM(branch_argument),
    FORM(branch_and), FORM(branch_temporary), FORM(branch_loop),
#if !defined(WITHOUT_LISTS)
    FORM(list_of_owners), FORM(vector_braces), FORM(vector_of_strings),
#endif
};

// Runs the form to its end, and again, destroyed at each of the points where it waits.
int judge(Run (*start)()) {
  bool whole = false;
  for (int resumed = 0; !whole; ++resumed) {
    ended = false;
    awaits = steps = 0;
    parked = {};
    {
      Run run = start();
      for (int i = 0; i < resumed && parked; ++i) std::exchange(parked, {}).resume();
      whole = ended || !parked;
    }
    if (live == 0 && wrong_destructions == 0 && wrong_results == 0) continue;
    std::printf("%d values left, %d wrong destructions, %d wrong results\n", live, wrong_destructions, wrong_results);
    return 1;
  }
  if (!ended) std::puts("did not run to its end");
  return ended ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  for (const Form& form : forms) {
    if (argc < 2)
      std::puts(form.name);
    else if (std::strcmp(argv[1], form.name) == 0)
      return judge(form.run);
  }
  return argc < 2 ? 0 : 2;
}
