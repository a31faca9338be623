%% A gen_server and its supervisors, as the programs of the same names beside this folder use theirs.
-module(peer_servers).
-behaviour(gen_server).
-export([call/2, cast/2, receive_call/2, idle_server/2, restart_throw/2, restart_exit/2, one_for_all/2,
         children_start/2, children_stop/2]).
-export([start_link/1, init/1, handle_call/3, handle_cast/2]).

%% Every figure takes how many operations to time and its size, and returns the seconds they took and how many they were.

call(Count, _) ->
    {ok, Server} = start_link({value, 0}),
    calls(Server, Count div 10),
    {peer_main:seconds(fun() -> calls(Server, Count) end), Count}.

receive_call(Count, Waiting) ->
    [self() ! {other, N} || N <- lists:seq(1, Waiting)],
    call(Count, 0).

calls(_, 0) -> ok;
calls(Server, Left) ->
    gen_server:call(Server, {add, 1}),
    calls(Server, Left - 1).

cast(Count, _) ->
    {ok, Server} = start_link({value, 0}),
    casts(Server, Count div 10),
    {peer_main:seconds(fun() -> casts(Server, Count) end), Count}.

%% In floods of 100,000, each waited for with a call.
casts(_, Left) when Left =< 0 -> ok;
casts(Server, Left) ->
    [gen_server:cast(Server, {add, 1}) || _ <- lists:seq(1, 100000)],
    gen_server:call(Server, {add, 0}),
    casts(Server, Left - 100000).

%% In place of seconds: bytes.
idle_server(Count, _) ->
    Idles = dynamic_supervisor(),
    start_idle(Idles, 1),
    erlang:garbage_collect(),
    Before = peer_main:resident_bytes(),
    start_idle(Idles, Count),
    {peer_main:resident_bytes() - Before, Count}.

start_idle(_, 0) -> ok;
start_idle(Idles, Left) ->
    {ok, Server} = supervisor:start_child(Idles, [{value, Left}]),
    gen_server:call(Server, {add, 1}),
    start_idle(Idles, Left - 1).

restart_throw(Count, Before) -> restarts(crash, Count, Before).
restart_exit(Count, Before) -> restarts(leave, Count, Before).

restarts(How, Count, Before) ->
    {ok, _} = supervisor:start_link(?MODULE, {supervisor, one_for_one, [spec(1, {driver, self()})]}),
    Warm = restart_often(How, next_start(), Before + Count div 10),
    {peer_main:seconds(fun() -> restart_often(How, Warm, Count) end), Count}.

restart_often(_, Server, 0) -> Server;
restart_often(How, Server, Left) ->
    gen_server:cast(Server, How),
    restart_often(How, next_start(), Left - 1).

next_start() -> receive {started, Server} -> Server end.

one_for_all(Count, Children) ->
    Specs = [spec(N, {driver, self()}) || N <- lists:seq(1, Children)],
    {ok, _} = supervisor:start_link(?MODULE, {supervisor, one_for_all, Specs}),
    Last = all_started(Children),
    After = restart_all(Last, Children, Count div 10),
    {peer_main:seconds(fun() -> restart_all(After, Children, Count) end), Count}.

all_started(Children) -> lists:last([next_start() || _ <- lists:seq(1, Children)]).

restart_all(Member, _, 0) -> Member;
restart_all(Member, Children, Left) ->
    gen_server:cast(Member, leave),
    restart_all(all_started(Children), Children, Left - 1).

children_start(Count, _) ->
    stop(start_children(Count div 10)),
    {peer_main:seconds(fun() -> start_children(Count) end), Count}.

children_stop(Count, _) ->
    stop(start_children(Count div 10)),
    Workers = start_children(Count),
    {peer_main:seconds(fun() -> stop(Workers) end), Count}.

start_children(Count) ->
    Workers = dynamic_supervisor(),
    [{ok, _} = supervisor:start_child(Workers, [{value, N}]) || N <- lists:seq(1, Count)],
    Workers.

stop(Supervisor) ->
    unlink(Supervisor),
    gen_server:stop(Supervisor).

dynamic_supervisor() ->
    {ok, Supervisor} = supervisor:start_link(?MODULE, {supervisor, simple_one_for_one, [#{id => worker, start => {?MODULE, start_link, []}}]}),
    Supervisor.

spec(Id, Argument) -> #{id => Id, start => {?MODULE, start_link, [Argument]}}.

%% The server, and the supervisor's init.
start_link(Argument) -> gen_server:start_link(?MODULE, Argument, []).

init({supervisor, Strategy, Specs}) ->
    {ok, {#{strategy => Strategy, intensity => 1000000000, period => 86400}, Specs}};
init({driver, Driver}) ->
    Driver ! {started, self()},
    {ok, 0};
init({value, Value}) -> {ok, Value}.

handle_call({add, By}, _, Value) -> {reply, Value + By, Value + By}.

handle_cast({add, By}, Value) -> {noreply, Value + By};
handle_cast(crash, _) -> error(asked_to);
handle_cast(leave, Value) -> {stop, broken, Value}.
