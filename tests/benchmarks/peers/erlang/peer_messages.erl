%% Messages between processes, as the programs of the same names beside this folder send them.
-module(peer_messages).
-export([ping_pong/2, counting/2, burst/2, ring/2, big/2, fan_in/2, spawn_exit/2, skynet/2, timer/2,
         receive_type/2, receive_ref/2]).

%% Every figure takes how many operations to time and its size, and returns the seconds they took and how many they were.

ping_pong(Count, Pairs) ->
    Pingers = [spawn_link(fun() -> pinger(spawn_link(fun ponger/0)) end) || _ <- lists:seq(1, Pairs)],
    Rounds = Count div (2 * Pairs),
    play(Pingers, Rounds div 10 + 1),
    {peer_main:seconds(fun() -> play(Pingers, Rounds) end), Rounds * 2 * Pairs}.

play(Players, Rounds) ->
    [Player ! {go, self(), Rounds} || Player <- Players],
    [receive done -> ok end || _ <- Players].

pinger(Other) ->
    receive
        {go, Driver, Rounds} ->
            ping(Other, Rounds),
            Driver ! done
    end,
    pinger(Other).

ping(_, 0) -> ok;
ping(Other, Rounds) ->
    Other ! {ping, self()},
    receive pong -> ok end,
    ping(Other, Rounds - 1).

ponger() ->
    receive {ping, From} -> From ! pong end,
    ponger().

counting(Count, _) -> flood(Count, 1000000).
burst(Count, _) -> flood(Count, 1000).

flood(Count, Batch) ->
    Counter = spawn_link(fun() -> counter(0) end),
    flood(Counter, 2 * Batch, Batch, 0),
    {peer_main:seconds(fun() -> flood(Counter, Count, Batch, 2 * Batch) end), Count}.

flood(_, Left, _, _) when Left =< 0 -> ok;
flood(Counter, Left, Batch, Before) ->
    send_all(Counter, increment, Batch),
    Counter ! {get, self()},
    Total = Before + Batch,
    receive {total, Total} -> ok end,
    flood(Counter, Left - Batch, Batch, Total).

send_all(_, _, 0) -> ok;
send_all(To, Message, Left) ->
    To ! Message,
    send_all(To, Message, Left - 1).

counter(Value) ->
    receive
        increment -> counter(Value + 1);
        {get, From} ->
            From ! {total, Value},
            counter(Value)
    end.

ring(Count, Size) ->
    Driver = self(),
    First = spawn_link(fun() -> receive {next, Next} -> member(Next, Driver) end end),
    Last = lists:foldl(fun(_, Next) -> spawn_link(fun() -> member(Next, Driver) end) end, First, lists:seq(2, Size)),
    First ! {next, Last},
    round_it(First, Count div 10),
    {peer_main:seconds(fun() -> round_it(First, Count) end), Count}.

round_it(First, Hops) ->
    First ! {token, Hops},
    receive done -> ok end.

member(Next, Driver) ->
    receive
        {token, 0} -> Driver ! done;
        {token, Hops} -> Next ! {token, Hops - 1}
    end,
    member(Next, Driver).

big(Count, Size) ->
    Players = [spawn_link(fun() -> receive {everybody, All} -> player(All, rand:seed(exsss, N)) end end)
               || N <- lists:seq(1, Size)],
    [Player ! {everybody, list_to_tuple(Players)} || Player <- Players],
    Rounds = Count div (2 * Size),
    play(Players, Rounds div 10 + 1),
    {peer_main:seconds(fun() -> play(Players, Rounds) end), Rounds * 2 * Size}.

player(All, Random) ->
    receive
        {ping, From} ->
            From ! pong,
            player(All, Random);
        {go, Driver, Rounds} ->
            After = ping_others(All, Rounds, Random),
            Driver ! done,
            player(All, After)
    end.

ping_others(_, 0, Random) -> Random;
ping_others(All, Rounds, Random) ->
    {N, After} = rand:uniform_s(tuple_size(All), Random),
    case element(N, All) of
        Self when Self =:= self() -> ping_others(All, Rounds, After);
        Other ->
            Other ! {ping, self()},
            await_pong(),
            ping_others(All, Rounds - 1, After)
    end.

await_pong() ->
    receive
        pong -> ok;
        {ping, From} ->
            From ! pong,
            await_pong()
    end.

fan_in(Count, Size) ->
    Round = 1000000,
    Share = Round div Size,
    Driver = self(),
    Consumer = spawn_link(fun() -> consumer(Driver, Share * Size) end),
    Producers = [spawn_link(fun() -> producer(Consumer, Share) end) || _ <- lists:seq(1, Size)],
    fan(Producers, Share * Size, 2),
    Rounds = Count div Round,
    {peer_main:seconds(fun() -> fan(Producers, Share * Size, Rounds) end), Rounds * Share * Size}.

fan(_, _, 0) -> ok;
fan(Producers, Items, Rounds) ->
    [Producer ! go || Producer <- Producers],
    receive {done, Items} -> ok end,
    fan(Producers, Items, Rounds - 1).

consumer(Driver, Items) ->
    Driver ! {done, consume(Items, 0)},
    consumer(Driver, Items).

consume(0, Sum) -> Sum;
consume(Left, Sum) ->
    receive {item, Value} -> consume(Left - 1, Sum + Value) end.

producer(To, Items) ->
    receive go -> ok end,
    send_all(To, {item, 1}, Items),
    producer(To, Items).

spawn_exit(Count, Live) ->
    [spawn(fun() -> receive never -> ok end end) || _ <- lists:seq(1, Live)],
    short_lives(Count div 10),
    {peer_main:seconds(fun() -> short_lives(Count) end), Count}.

%% In batches of 100; the last to end says so.
short_lives(Left) when Left =< 0 -> ok;
short_lives(Left) ->
    Spawner = self(),
    Running = counters:new(1, []),
    counters:put(Running, 1, 100),
    [spawn(fun() -> short_life(Spawner, Running) end) ! stop || _ <- lists:seq(1, 100)],
    receive ended -> ok end,
    short_lives(Left - 100).

short_life(Spawner, Running) ->
    receive stop -> ok end,
    counters:sub(Running, 1, 1),
    case counters:get(Running, 1) of
        0 -> Spawner ! ended;
        _ -> ok
    end.

skynet(_, Leaves) ->
    run_skynet(10000),
    {peer_main:seconds(fun() -> run_skynet(Leaves) end), 1}.

run_skynet(Leaves) ->
    Wanted = Leaves * (Leaves - 1) div 2,
    Parent = self(),
    spawn(fun() -> node(Parent, 0, Leaves) end),
    receive {sum, Wanted} -> ok end.

node(Parent, Number, 1) -> Parent ! {sum, Number};
node(Parent, Number, Leaves) ->
    Self = self(),
    Share = Leaves div 10,
    [spawn(fun() -> node(Self, Number + I * Share, Share) end) || I <- lists:seq(0, 9)],
    Parent ! {sum, lists:sum([receive {sum, Value} -> Value end || _ <- lists:seq(1, 10)])}.

timer(Count, Armed) ->
    [erlang:send_after(3600000 + N, self(), {tick, N}) || N <- lists:seq(1, Armed)],
    arm_and_cancel(Count div 10),
    {peer_main:seconds(fun() -> arm_and_cancel(Count) end), Count}.

arm_and_cancel(0) -> ok;
arm_and_cancel(Left) ->
    true = is_integer(erlang:cancel_timer(erlang:send_after(10000, self(), {tick, Left}))),
    arm_and_cancel(Left - 1).

receive_type(Count, Waiting) ->
    send_all(self(), {other, 1}, Waiting),
    by_type(Count div 10),
    {peer_main:seconds(fun() -> by_type(Count) end), Count}.

by_type(0) -> ok;
by_type(Left) ->
    self() ! {wanted, Left},
    receive {wanted, _} -> ok end,
    by_type(Left - 1).

receive_ref(Count, Waiting) ->
    send_all(self(), {answer, make_ref(), 1}, Waiting),
    by_ref(Count div 10),
    {peer_main:seconds(fun() -> by_ref(Count) end), Count}.

by_ref(0) -> ok;
by_ref(Left) ->
    Ref = make_ref(),
    self() ! {answer, Ref, Left},
    receive {answer, Ref, _} -> ok end,
    by_ref(Left - 1).
