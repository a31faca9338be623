%% Semantics oracle: reads a scenario (FORMAT.md) and prints what real Erlang/OTP does.
-module(oracle).
-export([main/1]).
-export([start_node/1, start_node/3]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).
-export([log/2]).                       % logger handler
-export([actor_start/3]).

%% ------------------------------------------------------------------ main
main(Args0) ->
    {Out, Files} = case Args0 of ["--out", D | Fs] -> {D, Fs}; Fs -> {none, Fs} end,
    logger:set_primary_config(level, error),
    [logger:remove_handler(H) || H <- logger:get_handler_ids()],
    logger:add_handler(orc, ?MODULE, #{level => error}),
    lists:foreach(fun(F) ->
        {P, M} = spawn_monitor(fun() -> exit({text, run_file(F)}) end),
        Text = receive {'DOWN', M, process, P, {text, T}} -> T;
                       {'DOWN', M, process, P, R} -> io_lib:format("!! oracle crashed ~p~n", [R]) end,
        case whereis(orc_mon) of undefined -> ok;
            Mon -> Mr = monitor(process, Mon), exit(Mon, kill), receive {'DOWN', Mr, _, _, _} -> ok end end,
        case Out of
            none -> io:put_chars(["### ", filename:basename(F), "\n", Text]);
            _ -> ok = file:write_file(filename:join(Out, filename:basename(F, ".scn") ++ ".trace"), Text)
        end end, Files),
    halt(0).

run_file(F) ->
    {ok, B} = file:read_file(F),
    Lines = [string:lexemes(L, " \t\r") || L <- string:split(binary_to_list(B), "\n", all),
                                           not lists:prefix("#", string:trim(L))],
    Lines1 = [L || L <- Lines, L =/= []],
    ets:new(orc, [named_table, public, ordered_set]),
    ets:new(orc_ev, [named_table, public, ordered_set]),
    ets:insert(orc, [{seq, 0}, {out, []}, {reports, lists:member(["option", "reports", "off"], Lines1) =:= false}]),
    process_flag(trap_exit, true),
    ets:insert(orc, {{pid, self()}, {driver, 0, none}}),
    start_mon(),
    [["scenario", Kind | _] | Rest] = Lines1,
    case Kind of "sup" -> run_sup(Rest); "proc" -> run_proc(Rest) end,
    [begin M = monitor(process, P), exit(P, kill), receive {'DOWN', M, _, _, _} -> ok end end
     || [P] <- ets:match(orc, {{pid, '$1'}, '_'}), P =/= self()],
    [{_, O}] = ets:lookup(orc, out),
    lists:reverse(O).

out(Fmt, Args) ->
    [{_, O}] = ets:lookup(orc, out),
    ets:insert(orc, {out, [io_lib:format(Fmt ++ "~n", Args) | O]}).

%% event log: synchronous, so the sequence numbers respect causality
ev(Kind, Text) ->
    N = ets:update_counter(orc, seq, 1),
    ets:insert(orc_ev, {N, self(), Kind, lists:flatten(Text)}), ok.

%% ------------------------------------------------------------------ monitor process: exit reasons
start_mon() ->
    P = spawn(fun() -> mon_loop(#{}) end), register(orc_mon, P), P.
mon_loop(S) ->
    receive
        {watch, P, Ref} -> M = monitor(process, P), P ! {Ref, ok}, mon_loop(S#{M => P});
        {live, From, Ref} -> From ! {Ref, maps:values(S)}, mon_loop(S);
        {'DOWN', M, process, P, R} ->
            N = ets:update_counter(orc, seq, 1),
            ets:insert(orc, {{exit, N}, P, R}),
            ets:delete(orc, {busy, P}), ets:delete(orc, {hung, P}),
            mon_loop(maps:remove(M, S))
    end.
watch() -> Ref = make_ref(), orc_mon ! {watch, self(), Ref}, receive {Ref, ok} -> ok end.
watched() -> Ref = make_ref(), orc_mon ! {live, self(), Ref}, receive {Ref, L} -> L end.
take_exits() ->
    L = ets:match_object(orc, {{exit, '_'}, '_', '_'}),
    [ets:delete(orc, K) || {K, _, _} <- L],
    lists:sort([{pname(P), P, R} || {_, P, R} <- L]).
busy() -> ets:insert(orc, {{busy, self()}, true}).
unbusy() -> ets:delete(orc, {busy, self()}).

%% ------------------------------------------------------------------ names and normalisation
who(P) -> case ets:lookup(orc, {pid, P}) of [{_, {Id, N, _}}] -> {Id, N}; [] -> undefined end.
pname(P) -> who(P).
nm(P) -> case who(P) of undefined -> pid; {Id, 0} -> Id; {Id, N} -> list_to_atom(lists:concat([Id, "#", N])) end.
str(T) -> lists:flatten(fmt(norm(T))).

norm(P) when is_pid(P) -> {'$n', nm(P)};
norm(R) when is_reference(R) -> case ets:lookup(orc, {ref, R}) of [{_, Tag}] -> {'$n', Tag}; [] -> ref end;
norm(F) when is_function(F) -> 'fun';
norm(C) when is_tuple(C), tuple_size(C) > 8, element(1, C) =:= child -> {child, norm(element(3, C))};
norm({R, [{M, F, _, L} | _]}) when is_atom(M), is_atom(F), is_list(L) -> {norm(R), stack};
norm({Name, Node}) when is_atom(Name), Node =:= node() -> {reg, Name};
norm(T) when is_tuple(T) -> list_to_tuple([norm(E) || E <- tuple_to_list(T)]);
norm([H | T]) when is_list(T) -> [norm(H) | norm(T)];
norm([H | T]) -> {cons, norm(H), norm(T)};
norm(M) when is_map(M) -> {map, norm(maps:to_list(M))};
norm(T) -> T.

fmt({'$n', N}) -> atom_to_list(N);
fmt(T) when is_tuple(T) -> ["{", lists:join(",", [fmt(E) || E <- tuple_to_list(T)]), "}"];
fmt([]) -> "[]";
fmt(L) when is_list(L) ->
    ["[", lists:join(",", [fmt(E) || E <- L]), "]"];
fmt(T) -> io_lib:format("~w", [T]).

term(S) -> {ok, Ts, _} = erl_scan:string(S ++ "."), {ok, T} = erl_parse:parse_term(Ts), T.
kv(Toks) -> maps:from_list([begin [K, V] = string:split(T, "="), {list_to_atom(K), V} end || T <- Toks]).
action(S) -> case string:split(S, ":") of [K, R] -> {list_to_atom(K), term(R)}; [K] -> {list_to_atom(K), none} end.

%% ================================================================== supervision scenarios
run_sup(Lines) ->
    Specs = [spec(K, I, kv(T)) || [K, I | T] <- Lines, K =:= "sup" orelse K =:= "worker"],
    [ets:insert(orc, {{spec, maps:get(id, S)}, S}) || S <- Specs],
    ets:insert(orc, {order, [{maps:get(id, S), maps:get(parent, S)} || S <- Specs]}),
    [Top | _] = [maps:get(id, S) || S = #{kind := sup, parent := none} <- Specs],
    ets:insert(orc, {top, Top}),
    Steps = [T || ["step" | T] <- Lines],
    lists:foldl(fun(S, N) -> out("== ~w ~s", [N, lists:join(" ", S)]),
                             R = (catch sup_step(S)),
                             Tree = quiesce(),
                             sup_flush(),
                             out("result ~s", [R]),
                             out("tree ~s", [Tree]),
                             N + 1 end, 1, Steps),
    %% final clean-up is not traced
    ok.

spec(K, I, M) ->
    Kind = list_to_atom(K),
    G = fun(F, D) -> case maps:find(F, M) of {ok, V} -> term(V); error -> D end end,
    #{kind => Kind, id => list_to_atom(I), parent => G(parent, none),
      strategy => G(strategy, one_for_one), intensity => G(intensity, 1), period => G(period, 3600),
      auto_shutdown => G(auto_shutdown, never),
      restart => G(restart, permanent), shutdown => G(shutdown, case Kind of sup -> infinity; _ -> 5000 end),
      type => G(type, case Kind of sup -> supervisor; _ -> worker end), significant => G(significant, false),
      init => [action(A) || A <- string:lexemes(maps:get(init, M, "ok"), "|")],
      trap => G(trap, false), term => G(term, 0), term_exit => G(term_exit, none), slow => G(slow, 0)}.

getspec(Id) -> [{_, S}] = ets:lookup(orc, {spec, Id}), S.
childspec(Id) ->
    S = getspec(Id),
    maps:merge(maps:with([id, restart, shutdown, type, significant], S),
               #{start => {?MODULE, start_node, [Id]}, modules => [?MODULE]}).
start_node(Id) ->
    case getspec(Id) of
        #{kind := sup} -> supervisor:start_link(?MODULE, {sup, Id});
        S -> gen_server:start_link(?MODULE, {worker, Id, S}, [])
    end.
start_node(Template, Name, Ov) ->                    % simple_one_for_one child
    gen_server:start_link(?MODULE, {worker, Name, maps:merge(getspec(Template), Ov)}, []).

enter(Id, Sofo) ->
    N = ets:update_counter(orc, {inc, Id}, 1, {{inc, Id}, 0}),
    Parent = case get('$ancestors') of [A | _] when is_pid(A) -> A; _ -> none end,
    ets:insert(orc, [{{pid, self()}, {Id, N, Sofo}}, {{cur, Id}, self()}, {{parent, self()}, Parent}]),
    watch(),
    N.
outcome(N, L) -> lists:nth(min(N, length(L)), L).

init({sup, Id}) ->
    S = getspec(Id),
    N = enter(Id, none),
    ets:insert(orc, {{issup, self()}, true}),
    [{_, Order}] = ets:lookup(orc, order),
    Kids = [childspec(C) || {C, P} <- Order, P =:= Id],
    case outcome(N, maps:get(init, S)) of
        {ok, _} -> ev(start, ["start ", str(self()), " ok"]),
                   {ok, {maps:with([strategy, intensity, period, auto_shutdown], S), Kids}};
        {ignore, _} -> ev(start, ["start ", str(self()), " ignore"]), ignore;
        {error, R} -> ev(start, ["start ", str(self()), " ", str({error, R})]), erlang:error(R)
    end;
init({worker, Id, S}) ->
    Sofo = case getspec_opt(maps:get(parent, S)) of #{strategy := simple_one_for_one, id := P} -> P; _ -> none end,
    N = enter(Id, Sofo),
    O = outcome(N, maps:get(init, S)),
    case O of
        {K, _} when K =:= ok; K =:= ignore -> ev(start, ["start ", str(self()), " ", atom_to_list(K)]);
        _ -> ev(start, ["start ", str(self()), " ", str(O)])
    end,
    busy(), timer:sleep(maps:get(slow, S)), unbusy(),
    case O of
        {ok, _} -> process_flag(trap_exit, maps:get(trap, S)), {ok, S};
        {ignore, _} -> ignore;
        {stop, R} -> {stop, R};
        {exit, R} -> exit(R);
        {error, R} -> erlang:error(R)
    end;
init({server, Name, Trap}) ->                        % proc scenarios
    ets:insert(orc, [{{pid, self()}, {Name, 0, none}}, {{cur, Name}, self()}]),
    watch(),
    process_flag(trap_exit, Trap),
    {ok, server}.
getspec_opt(none) -> none;
getspec_opt(Id) -> getspec(Id).

handle_cast({do, A}, S) ->
    case A of
        {exit, R} -> exit(R);
        {error, R} -> erlang:error(R);
        {throw, R} -> throw(R);
        {stop, R} -> {stop, R, S};
        {badreturn, R} -> R
    end;
handle_cast(Req, server) -> server_req(Req, none).
handle_call(Req, From, server) -> server_req(Req, From).
handle_info({later, From, T}, server) -> unbusy(), gen_server:reply(From, T), {noreply, server};
handle_info(M, S) -> ev(info, ["info ", str(self()), " ", str(M)]), {noreply, S}.

terminate(R, server) -> ev(term, ["terminate ", str(self()), " ", str(R)]), ok;
terminate(R, S) ->
    busy(),
    ev(term, ["terminate ", str(self()), " ", str(R)]),
    case maps:get(term, S) of
        0 -> ok;
        infinity -> ets:insert(orc, {{hung, self()}, true}), timer:sleep(infinity);
        Ms -> timer:sleep(Ms), ev(terminated, ["terminated ", str(self())])
    end,
    case maps:get(term_exit, S) of none -> ok; X -> exit(X) end.

%% logger handler: supervisor reports only; runs in the supervisor process
log(#{msg := {report, #{label := {supervisor, Ctx}, report := R}}}, _) when Ctx =/= progress ->
    case ets:info(orc, size) =/= undefined andalso who(self()) of
        {_, _} ->
            Off = proplists:get_value(offender, R, []),
            Id = case {proplists:get_value(nb_children, Off), proplists:get_value(pid, Off)} of
                     {undefined, P} when is_pid(P), Ctx =/= start_error, Ctx =/= shutdown ->
                         case who(P) of undefined -> proplists:get_value(id, Off); _ -> P end;
                     {undefined, _} -> proplists:get_value(id, Off);
                     {Nb, _} -> {nb_children, Nb} end,
            [{_, On}] = ets:lookup(orc, reports),
            On andalso ev(report, ["report ", str(self()), " ", atom_to_list(Ctx), " ",
                                   str(proplists:get_value(reason, R)), " ", str(Id)]);
        _ -> ok
    end;
log(_, _) -> ok.

%% ------------------------------------------------------------------ steps
cur(Id) -> case ets:lookup(orc, {cur, Id}) of [{_, P}] -> P; [] -> undefined end.
alive(P) -> is_pid(P) andalso is_process_alive(P).
api(F) ->
    try str(F()) catch exit:{R, {gen_server, call, _}} -> "exit:" ++ str(R);
                       exit:R -> "exit:" ++ str(R) end.
with(Id, F) -> P = cur(Id), case alive(P) of true -> F(P); false -> "noproc" end.

a(S) -> list_to_atom(S).
sup_step(["start"]) ->
    [{_, Top}] = ets:lookup(orc, top),
    case alive(cur(Top)) of
        true -> "already_running";
        false -> api(fun() -> start_node(Top) end) end;
sup_step(["crash", I, A]) -> with(a(I), fun(P) -> do_crash(P, A) end);
sup_step(["kill", I]) -> with(a(I), fun(P) -> exit(P, kill), "ok" end);
sup_step(["exit", I, R]) -> with(a(I), fun(P) -> exit(P, term(R)), "ok" end);
sup_step(["batch", S | Ops]) ->
    with(a(S), fun(Sup) ->
        sys:suspend(Sup),
        Rs = [batch_op(Sup, Op) || Op <- split_semi(Ops)],
        sys:resume(Sup),
        lists:join(" ; ", Rs) end);
sup_step(["start_child", S, I | Ov]) ->
    case getspec_opt(a(S)) of
        #{strategy := simple_one_for_one} ->
            O0 = spec("worker", I, kv(Ov)),
            O = maps:with([a(hd(string:split(X, "="))) || X <- Ov], O0),
            with(a(S), fun(P) -> api(fun() -> supervisor:start_child(P, [a(I), O]) end) end);
        _ -> with(a(S), fun(P) -> api(fun() -> supervisor:start_child(P, childspec(a(I))) end) end)
    end;
sup_step(["terminate_child", S, I]) -> with(a(S), fun(P) -> api(fun() -> supervisor:terminate_child(P, cid(S, I)) end) end);
sup_step(["restart_child", S, I]) -> with(a(S), fun(P) -> api(fun() -> supervisor:restart_child(P, cid(S, I)) end) end);
sup_step(["delete_child", S, I]) -> with(a(S), fun(P) -> api(fun() -> supervisor:delete_child(P, cid(S, I)) end) end);
sup_step(["get_childspec", S, I]) ->
    with(a(S), fun(P) -> api(fun() ->
        case supervisor:get_childspec(P, cid(S, I)) of
            {ok, M} -> {ok, [{K, maps:get(K, M)} || K <- [id, restart, shutdown, type, significant]]};
            E -> E end end) end);
sup_step(["which_children", S]) ->
    with(a(S), fun(P) -> api(fun() -> wc(a(S), P) end) end);
sup_step(["count_children", S]) ->
    with(a(S), fun(P) -> api(fun() -> C = supervisor:count_children(P),
        [{K, proplists:get_value(K, C)} || K <- [specs, active, supervisors, workers]] end) end);
sup_step(["amid", Ms | Ws]) ->                         % OP is done while STEP goes on
    {Op, [";" | Step]} = lists:splitwith(fun(W) -> W =/= ";" end, Ws),
    {P, M} = spawn_monitor(fun() -> timer:sleep(list_to_integer(Ms)), exit({did, catch sup_step(Op)}) end),
    ets:insert(orc, {{pid, P}, {driver, 0, none}}),
    R = sup_step(Step),
    receive {'DOWN', M, _, _, {did, R1}} -> [R, " ; ", R1] end;
sup_step(["sleep", Ms]) -> timer:sleep(list_to_integer(Ms)), "ok";
sup_step(["sync"]) -> "ok";
sup_step(["stop", R]) ->
    [{_, Top}] = ets:lookup(orc, top),
    with(Top, fun(P) -> M = monitor(process, P), exit(P, term(R)),
                        receive {'DOWN', M, _, _, X} -> "down:" ++ str(X) after 15000 -> "timeout" end end);
sup_step(["gen_stop", R]) ->
    [{_, Top}] = ets:lookup(orc, top),
    with(Top, fun(P) -> api(fun() -> gen_server:stop(P, term(R), 15000) end) end).

do_crash(P, A) ->
    case ets:member(orc, {issup, P}) of
        true -> "not_worker";
        false -> gen_server:cast(P, {do, action(A)}), "ok"
    end.
do_op(P, ["kill", _]) -> exit(P, kill);
do_op(P, ["crash", _, A]) -> do_crash(P, A).
parent_of(P) -> case alive(P) of true -> ets:lookup_element(orc, {parent, P}, 2); false -> none end.
batch_op(Sup, Op) ->
    [_, I | _] = Op, P = cur(a(I)),
    case parent_of(P) of
        Sup ->
            {_, Q0} = process_info(Sup, message_queue_len),
            M = monitor(process, P),
            do_op(P, Op),
            receive {'DOWN', M, _, _, _} ->
                    wait(fun() -> {_, Q} = process_info(Sup, message_queue_len), Q > Q0 end, 1000), "ok"
            after 5000 -> demonitor(M, [flush]), "survived" end;
        _ -> "not_child"
    end.
cid(S, I) -> case getspec_opt(a(S)) of
                 #{strategy := simple_one_for_one} -> case cur(a(I)) of undefined -> a(I); P -> P end;
                 _ -> a(I) end.
wc(S, P) ->
    L = [{I, C, T} || {I, C, T, _} <- supervisor:which_children(P)],
    case getspec(S) of
        #{strategy := simple_one_for_one} -> [{I, C, T} || {_, I, C, T} <- lists:sort([{sortname(C), I, C, T} || {I, C, T} <- L])];
        _ -> L end.
sortname(P) when is_pid(P) -> who(P);
sortname(X) -> X.
split_semi(L) -> split_semi(L, [], []).
split_semi([], [], Acc) -> lists:reverse(Acc);
split_semi([], C, Acc) -> lists:reverse([lists:reverse(C) | Acc]);
split_semi([";" | T], C, Acc) -> split_semi(T, [], [lists:reverse(C) | Acc]);
split_semi([H | T], C, Acc) -> split_semi(T, [H | C], Acc).

wait(F, 0) -> F();
wait(F, N) -> case F() of true -> true; false -> timer:sleep(1), wait(F, N - 1) end.

%% ------------------------------------------------------------------ quiescence
%% A state is quiescent when, 3 rounds running: which_children answered all through the tree with the
%% same picture, nothing is restarting, no watched process is in terminate (unless it hangs for ever),
%% every watched process waits with an empty mailbox, every dead process has had its 'DOWN' seen,
%% every living process is in the tree (orphans have gone), and nothing was logged.
quiesce() -> quiesce(none, 0, erlang:monotonic_time(millisecond) + 20000).
quiesce(Prev, Same, Deadline) ->
    receive {'EXIT', _, _} -> ok after 0 -> ok end,
    Snap = snapshot(),
    Now = erlang:monotonic_time(millisecond),
    case Snap of
        {ok, Tree, Seq} when Prev =:= {Tree, Seq}, Same >= 2 -> Tree;
        {ok, Tree, Seq} when Prev =:= {Tree, Seq} -> timer:sleep(1), quiesce(Prev, Same + 1, Deadline);
        {ok, Tree, Seq} -> timer:sleep(1), quiesce({Tree, Seq}, 0, Deadline);
        {unstable, _} when Now < Deadline -> timer:sleep(1), quiesce(none, 0, Deadline);
        {unstable, Why} -> "!! not quiescent: " ++ Why
    end.
snapshot() ->
    [{_, Top}] = ets:lookup(orc, top),
    P = cur(Top),
    try
        {Tree, Pids} = case alive(P) of
            true -> walk(P);
            false -> {"-", []} end,
        Live = watched(),
        InTree = sets:from_list(Pids),
        Hung = fun(Q) -> ets:member(orc, {hung, Q}) end,
        [case is_process_alive(Q) of
             false -> throw({unstable, "down pending"});
             true ->
                 Hung(Q) orelse begin
                     ets:member(orc, {busy, Q}) andalso throw({unstable, "terminating"}),
                     sets:is_element(Q, InTree) orelse throw({unstable, "orphan " ++ str(Q)}),
                     case process_info(Q, [status, message_queue_len, messages]) of
                         [{status, waiting}, {message_queue_len, 0} | _] -> ok;
                         _ -> throw({unstable, "busy " ++ str(Q)})
                     end end
         end || Q <- Live],
        [{_, Seq}] = ets:lookup(orc, seq),
        {ok, Tree, Seq}
    catch throw:{unstable, W} -> {unstable, W};
          exit:_ -> {unstable, "supervisor went away"} end.
walk(P) ->
    {Id, _} = who(P),
    L0 = supervisor:which_children(P),
    L = case getspec(Id) of
            #{strategy := simple_one_for_one} -> [C || {_, C} <- lists:sort([{sortname(C), X} || X = {_, C, _, _} <- L0])];
            _ -> lists:reverse(L0) end,
    Parts = [case C of
                 restarting -> throw({unstable, "restarting"});
                 undefined -> {lists:concat([I, ":undefined"]), []};
                 _ -> case ets:member(orc, {issup, C}) of
                          true -> walk(C);
                          false -> {str(C), [C]} end
             end || {I, C, _, _} <- L],
    {[str(P), "(", lists:join(" ", [S || {S, _} <- Parts]), ")"], [P | lists:append([Q || {_, Q} <- Parts])]}.

sup_flush() ->
    Evs = ets:tab2list(orc_ev), ets:delete_all_objects(orc_ev),
    Exits = take_exits(),
    Killed = [P || {_, P, killed} <- Exits, ets:member(orc, {issup, P})],
    {Orph, Main} = lists:partition(fun({_, P, _, _}) -> orphan_of(P, Killed) =/= none end, Evs),
    [out("~s", [T]) || T <- par_sort(Main)],
    Groups = lists:usort([{who(orphan_of(P, Killed)), orphan_of(P, Killed)} || {_, P, _, _} <- Orph]),
    [[out("orphan ~s", [T]) || T <- par_sort([E || E = {_, P, _, _} <- Orph, orphan_of(P, Killed) =:= G])]
     || {_, G} <- Groups],
    [out("exit ~s ~s", [str(P), str(R)]) || {_, P, R} <- Exits].
%% the child of the topmost killed supervisor instance on the ancestor path of P (P itself included), or none
orphan_of(P, Killed) -> orphan_of(P, Killed, none).
orphan_of(P, Killed, Best) ->
    case ets:lookup(orc, {parent, P}) of
        [{_, Q}] when is_pid(Q) ->
            orphan_of(Q, Killed, case lists:member(Q, Killed) of true -> P; false -> Best end);
        _ -> Best end.
%% children of one simple_one_for_one supervisor are shut down in parallel: sort such runs
par_sort(Evs) -> par_sort(Evs, none, [], []).
par_sort([], _, Run, Acc) -> lists:reverse(flush_run(Run, Acc));
par_sort([{_, P, K, T} | Rest], Cur, Run, Acc) ->
    Key = case ets:lookup(orc, {pid, P}) of
              [{_, {_, _, S}}] when S =/= none, (K =:= term orelse K =:= terminated) ->
                  {S, ets:lookup_element(orc, {parent, P}, 2)};
              _ -> none end,
    case Key of
        none -> par_sort(Rest, none, [], [T | flush_run(Run, Acc)]);
        Cur -> par_sort(Rest, Cur, [{K, who(P), T} | Run], Acc);
        _ -> par_sort(Rest, Key, [{K, who(P), T}], flush_run(Run, Acc))
    end.
flush_run(Run, Acc) -> lists:reverse([T || {_, _, T} <- lists:sort(Run)]) ++ Acc.

%% ================================================================== process scenarios
run_proc(Lines) ->
    Steps = [T || ["step" | T] <- Lines],
    compile_recv(Steps),
    lists:foldl(fun(S, N) ->
        out("== ~w ~s", [N, lists:join(" ", S)]),
        ets:insert(orc, {stepno, N}),
        R = try proc_step(S, N) catch error:{no_actor, _} -> "no_actor" end,
        settle(),
        %% concurrent servers may log in any order: sort by process name, keep each process's own order
        [out("~s", [T]) || {_, _, T} <- lists:sort([{who(P), Sq, T} || {Sq, P, _, T} <- ets:tab2list(orc_ev)])],
        ets:delete_all_objects(orc_ev),
        out("result ~s", [R]),
        [out("exit ~s ~s", [str(P), str(X)]) || {_, P, X} <- take_exits()],
        show_mbox(),
        N + 1 end, 1, Steps).

%% all receive patterns are compiled to a real module, so that the BEAM's own selective receive decides
compile_recv(Steps) ->
    Ops = lists:append([[{{N, I}, Op} || {I, Op} <- enum(split_semi(tl2(S)))] || {N, S} <- enum(Steps)]),
    Clauses = [recv_src(Key, lists:dropwhile(fun(X) -> X =/= "recv" end, Op)) || {Key, Op} <- Ops, lists:member("recv", Op)],
    Src = ["-module(orc_recv).\n-export([r/3]).\n",
           lists:join(";\n", Clauses ++ ["r(_, _, _) -> unbound"]), ".\n"],
    Forms = forms(lists:flatten(Src)),
    {ok, orc_recv, Bin} = compile:forms(Forms, [nowarn_unused_vars]),
    code:purge(orc_recv),
    {module, orc_recv} = code:load_binary(orc_recv, "orc_recv.erl", Bin).
tl2([K, _ | T]) when K =:= "do"; K =:= "async" -> T;
tl2(_) -> [].
enum(L) -> lists:zip(lists:seq(1, length(L)), L).
recv_src({N, I}, ["recv", _Ms | Pats]) ->
    Ps = [lists:concat(Ws) || Ws <- split_bar(Pats)],
    {Ps1, Vars} = lists:unzip([pat_vars(P) || P <- Ps]),
    Vs = lists:usort(lists:append(Vars)),
    Binds = lists:join(",", [io_lib:format("~w := ~s", [K, V]) || {K, V} <- Vs]),
    io_lib:format("r({~w,~w}, Tmo, #{~s}) -> receive ~s after Tmo -> timeout end",
                  [N, I, Binds, lists:join("; ", [[P, " = Msg -> Msg"] || P <- Ps1])]).
split_bar(L) -> split_bar(L, [], []).
split_bar([], C, A) -> lists:reverse([lists:reverse(C) | A]);
split_bar(["|" | T], C, A) -> split_bar(T, [], [lists:reverse(C) | A]);
split_bar([H | T], C, A) -> split_bar(T, [H | C], A).
%% @name -> bound pid variable, %tag -> bound reference variable
pat_vars(S) -> pat_vars(S, [], []).
pat_vars([], Acc, Vs) -> {lists:reverse(Acc), Vs};
pat_vars([C | T], Acc, Vs) when C =:= $@; C =:= $% ->
    {W, Rest} = lists:splitwith(fun(X) -> (X >= $a andalso X =< $z) orelse (X >= $0 andalso X =< $9) orelse X =:= $_ end, T),
    V = case C of $@ -> "P_" ++ W; $% -> "R_" ++ W end,
    K = case C of $@ -> {p, a(W)}; $% -> {t, a(W)} end,
    pat_vars(Rest, lists:reverse(V) ++ Acc, [{K, V} | Vs]);
pat_vars([C | T], Acc, Vs) -> pat_vars(T, [C | Acc], Vs).
forms(Src) ->
    {ok, Ts, _} = erl_scan:string(Src),
    split_forms(Ts, [], []).
split_forms([], [], Acc) -> lists:reverse(Acc);
split_forms([D = {dot, _} | T], C, Acc) ->
    {ok, F} = erl_parse:parse_form(lists:reverse([D | C])), split_forms(T, [], [F | Acc]);
split_forms([H | T], C, Acc) -> split_forms(T, [H | C], Acc).
recv_env() ->
    maps:from_list([{{p, N}, P} || [N, P] <- ets:match(orc, {{cur, '$1'}, '$2'})] ++
                   [{{t, T}, R} || [R, T] <- ets:match(orc, {{ref, '$1'}, '$2'})]).

proc_step(["spawn", A | Opt], _) ->
    actor_new(a(A), fun(F) -> spawn(F) end, Opt), "ok";
proc_step(["server", S | Opt], _) ->
    {ok, _} = gen_server:start(?MODULE, {server, a(S), lists:member("trap", Opt)}, []), "ok";
proc_step(["do", A | Op], N) -> actor_call(a(A), {N, split_semi(Op)}, sync);
proc_step(["async", A | Op], N) -> actor_call(a(A), {N, split_semi(Op)}, async);
proc_step(["join", A], _) ->
    case ets:lookup(orc, {async, a(A)}) of
        [] -> "no_async";
        [{_, Ref, M}] ->
            receive {'$res', Ref, R} -> demonitor(M, [flush]), ets:delete(orc, {async, a(A)}), R;
                    {'DOWN', M, _, _, _} -> ets:delete(orc, {async, a(A)}), "died"
            after 3000 -> "pending" end
    end;
proc_step(["kill", A], _) -> exit(pid(A), kill), "ok";
proc_step(["exit", A, R], _) -> exit(pid(A), term(R)), "ok";
proc_step(["alive", A], _) -> str(is_process_alive(pid(A)));
proc_step(["sleep", Ms], _) -> timer:sleep(list_to_integer(Ms)), "ok";
proc_step(["links", A], _) -> info(pid(A), links);
proc_step(["monitors", A], _) -> info(pid(A), monitors);
proc_step(["whereis", Nm], _) -> str(whereis(a(Nm))).
pid(A) -> case cur(a(A)) of undefined -> error({no_actor, A}); P -> P end.
info(P, K) ->
    case process_info(P, K) of
        undefined -> "undefined";
        {_, L} -> str([{'$n', X} || X <- lists:sort([case Y of {process, Q} when is_pid(Q) -> nm(Q);
                                                         {process, {R, _}} -> R; _ -> nm(Y) end || Y <- L]), X =/= driver, X =/= pid])
    end.

actor_new(Name, Spawn, Opt) ->
    Ref = make_ref(), Self = self(),
    R = Spawn(fun() -> actor_start(Name, lists:member("trap", Opt), {Self, Ref}) end),
    receive {Ref, up} -> ok end,
    R.
actor_start(Name, Trap, {Par, Ref}) ->
    ets:insert(orc, [{{pid, self()}, {Name, 0, none}}, {{cur, Name}, self()}, {{actor, Name}, self()}]),
    watch(),
    process_flag(trap_exit, Trap),
    Par ! {Ref, up},
    actor_loop().
actor_loop() ->
    receive {'$cmd', From, Ref, {N, Ops}} ->
            R = [begin V = op(Op, {N, I}), V end || {I, Op} <- enum(Ops)],
            case lists:member(return, R) of
                true -> ok;
                false -> From ! {'$res', Ref, lists:flatten(lists:join(" ; ", R))}, actor_loop()
            end
    end.
actor_call(A, Cmd, Mode) ->
    P = cur(A),
    case alive(P) of
        false -> "dead";
        true ->
            Ref = make_ref(), M = monitor(process, P),
            P ! {'$cmd', self(), Ref, Cmd},
            case Mode of
                async -> ets:insert(orc, {{async, A}, Ref, M}), "async";
                sync -> receive {'$res', Ref, R} -> demonitor(M, [flush]), R;
                                {'DOWN', M, _, _, _} -> "died"
                        after 10000 -> "!! no answer" end
            end
    end.

dest("@" ++ Reg) -> a(Reg);
dest("self") -> self();
dest("%" ++ Tag) -> tagref(Tag);
dest(A) -> pid(A).
tagref(T) -> case ets:match(orc, {{ref, '$1'}, a(T)}) of [[R]] -> R; _ -> error({no_tag, T}) end.
settag(T, R) -> ets:match_delete(orc, {{ref, '_'}, a(T)}), ets:insert(orc, {{ref, R}, a(T)}).

op(["exit", R], _) -> exit(term(R));
op(["error", R], _) -> erlang:error(term(R));
op(["throw", R], _) -> throw(term(R));
op(["return"], _) -> return;
op(["callx", S, Ms, R], _) ->                           % call whose exit is not caught: the actor dies of it
    str(gen_server:call(dest(S), term(R), list_to_integer(Ms)));
op(["recv", Ms | _], Key) ->
    str(orc_recv:r(Key, case Ms of "infinity" -> infinity; _ -> list_to_integer(Ms) end, recv_env()));
op(Op, _) ->
    try str(op1(Op))
    catch error:R -> "error:" ++ str(case R of {X, _} -> X; X -> X end);
          exit:R -> "exit:" ++ str(R);
          throw:R -> "throw:" ++ str(R)
    end.
op1(["spawn", B | O]) -> actor_new(a(B), fun(F) -> spawn(F) end, O), ok;
op1(["spawn_link", B | O]) -> actor_new(a(B), fun(F) -> spawn_link(F) end, O), ok;
op1(["spawn_monitor", T, B | O]) ->
    {_, R} = actor_new(a(B), fun(F) -> spawn_monitor(F) end, O), settag(T, R), ok;
op1(["start_server", S | O]) -> gen_server:start_link(?MODULE, {server, a(S), lists:member("trap", O)}, []);
op1(["link", B]) -> link(dest(B));
op1(["unlink", B]) -> unlink(dest(B));
op1(["monitor", T, B]) -> settag(T, monitor(process, dest(B))), ok;
op1(["demonitor", T]) -> demonitor(tagref(T));
op1(["demonitor", T | O]) -> demonitor(tagref(T), [a(X) || X <- O]);
op1(["trap", B]) -> process_flag(trap_exit, a(B));
op1(["exit2", B, R]) -> exit(dest(B), term(R));
op1(["send", B, T]) -> dest(B) ! term(T), ok;
op1(["register", N, B]) -> register(a(N), dest(B));
op1(["unregister", N]) -> unregister(a(N));
op1(["whereis", N]) -> whereis(a(N));
op1(["alive", B]) -> is_process_alive(dest(B));
op1(["call", S, Ms, R]) ->
    gen_server:call(dest(S), term(R), case Ms of "infinity" -> infinity; _ -> list_to_integer(Ms) end);
op1(["cast", S, R]) -> gen_server:cast(dest(S), term(R));
op1(["gen_stop", S, R, Ms]) -> gen_server:stop(dest(S), term(R), list_to_integer(Ms));
op1(["send_after", T, Ms, B, X]) -> settag(T, erlang:send_after(list_to_integer(Ms), dest(B), term(X))), ok;
op1(["start_timer", T, Ms, B, X]) -> settag(T, erlang:start_timer(list_to_integer(Ms), dest(B), term(X))), ok;
op1(["cancel", T]) -> case erlang:cancel_timer(tagref(T)) of false -> false; _ -> cancelled end;
op1(["alias", T]) -> settag(T, alias()), ok;
op1(["unalias", T]) -> unalias(tagref(T)).

server_req(Req, From) ->
    R = fun(V) -> case From of none -> {noreply, server}; _ -> {reply, V, server} end end,
    case Req of
        {echo, T} -> R(T);
        {sleep, Ms} -> busy(), timer:sleep(Ms), unbusy(), R(slept);
        noreply -> {noreply, server};
        {later, Ms, T} -> busy(), erlang:send_after(Ms, self(), {later, From, T}), {noreply, server};
        {stop, X} -> {stop, X, server};
        {stop_reply, X, T} -> {stop, X, T, server};
        {exit, X} -> exit(X);
        {error, X} -> erlang:error(X);
        {throw, X} -> throw(X);
        {badreturn, X} -> X;
        {reply_exit, X, T} -> gen_server:reply(From, T), exit(X);
        {send, Name, T} -> cur(Name) ! T, R(sent);
        {defer, Tag} -> put({from, Tag}, From), {noreply, server};
        {answer, Tag, T} -> case erase({from, Tag}) of undefined -> R(unknown); F -> gen_server:reply(F, T), R(answered) end;
        {call, Name, Q, Ms} -> R({via, gen_server:call(case cur(Name) of undefined -> Name; P -> P end, Q, Ms)});
        {call, Name, Q} -> R({via, gen_server:call(case cur(Name) of undefined -> Name; P -> P end, Q, 1000)})
    end.

%% settled: 3 rounds with the same picture of all watched processes, none running, none busy
settle() -> settle(none, 0, erlang:monotonic_time(millisecond) + 10000).
settle(Prev, Same, Deadline) ->
    Pic = try
        [case is_process_alive(P) of
             false -> throw(unstable);
             true -> ets:member(orc, {busy, P}) andalso throw(unstable),
                     case process_info(P, [status, message_queue_len, messages]) of
                         [{status, waiting}, Q, Ms] -> {P, Q, Ms};
                         _ -> throw(unstable) end
         end || P <- lists:sort(watched())]
    catch throw:unstable -> unstable end,
    Late = erlang:monotonic_time(millisecond) > Deadline,
    if Late -> out("!! not settled", []);
       Pic =:= unstable -> timer:sleep(1), settle(none, 0, Deadline);
       Pic =:= Prev, Same >= 2 -> ok;
       Pic =:= Prev -> timer:sleep(1), settle(Pic, Same + 1, Deadline);
       true -> timer:sleep(1), settle(Pic, 0, Deadline)
    end.
show_mbox() ->
    [begin
         New = case process_info(P, messages) of undefined -> none; {_, L} -> L end,
         Old = case ets:lookup(orc, {mbox, Nm}) of [{_, O}] -> O; [] -> [] end,
         ets:insert(orc, {{mbox, Nm}, New}),
         if New =:= Old; New =:= none -> ok;
            true ->
                {Sigs, Msgs} = lists:partition(fun({'EXIT', _, _}) -> true; ({'DOWN', _, _, _, _}) -> true; (_) -> false end, New),
                out("mbox ~s msgs=~s sigs=[~s]", [Nm, str(Msgs), lists:join(",", lists:sort([str(S) || S <- Sigs]))])
         end
     end || [Nm, P] <- lists:sort(ets:match(orc, {{actor, '$1'}, '$2'}))].
