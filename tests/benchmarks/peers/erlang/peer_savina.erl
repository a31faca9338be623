%% Workloads of the Savina collection, as the programs of the same names beside this folder do them.
-module(peer_savina).
-behaviour(gen_server).
-export([chameneos/2, bank_transactions/2, sieve/2, fibonacci/2]).
-export([init/1, handle_call/3, handle_cast/2]).

%% Every figure takes how many operations to time and its size, and returns the seconds they took and how many they were.

chameneos(Count, Creatures) ->
    open_mall(Creatures, Count div 10),
    {peer_main:seconds(fun() -> open_mall(Creatures, Count) end), Count}.

open_mall(Creatures, Meetings) ->
    Driver = self(),
    spawn_link(fun() -> mall(Driver, Creatures, Meetings) end),
    Sum = 2 * Meetings,
    receive {met, Sum} -> ok end.

mall(Driver, Creatures, Meetings) ->
    Mall = self(),
    [spawn_link(fun() -> creature(Mall, N rem 3, 0) end) || N <- lists:seq(1, Creatures)],
    introduce(Meetings),
    Driver ! {met, close(Creatures, 0)}.

introduce(0) -> ok;
introduce(Meetings) ->
    receive {meet, First, _} -> ok end,
    receive {meet, Second, Color} -> First ! {meet, Second, Color} end,
    introduce(Meetings - 1).

close(0, Sum) -> Sum;
close(Left, Sum) ->
    receive
        {meet, Late, _} ->
            Late ! closed,
            close(Left, Sum);
        {left, Meetings} -> close(Left - 1, Sum + Meetings)
    end.

creature(Mall, Color, Meetings) ->
    Mall ! {meet, self(), Color},
    receive
        {meet, Other, Its} ->
            New = made_of(Color, Its),
            Other ! {change, New},
            creature(Mall, New, Meetings + 1);
        {change, New} -> creature(Mall, New, Meetings + 1);
        closed -> Mall ! {left, Meetings}
    end.

made_of(Color, Color) -> Color;
made_of(One, Other) -> 3 - One - Other.

bank_transactions(Count, Size) ->
    Accounts = list_to_tuple([element(2, gen_server:start_link(?MODULE, 1000000, [])) || _ <- lists:seq(1, Size)]),
    transfers(Accounts, 50000),
    Seconds = peer_main:seconds(fun() -> transfers(Accounts, Count) end),
    Sum = Size * 1000000,
    Sum = lists:sum([gen_server:call(Account, {deposit, 0}) || Account <- tuple_to_list(Accounts)]),
    {Seconds, Count}.

transfers(_, Left) when Left =< 0 -> ok;
transfers(Accounts, Left) ->
    Paying = tuple_size(Accounts) * 4 div 5,
    Paid = tuple_size(Accounts) - Paying,
    [gen_server:cast(element(1 + N rem Paying, Accounts), {transfer, element(1 + Paying + N rem Paid, Accounts), 1, self()})
     || N <- lists:seq(0, 49999)],
    [receive done -> ok end || _ <- lists:seq(1, 50000)],
    transfers(Accounts, Left - 50000).

init(Cents) -> {ok, Cents}.

handle_call({deposit, Amount}, _, Cents) -> {reply, Cents + Amount, Cents + Amount}.

handle_cast({transfer, To, Amount, Teller}, Cents) ->
    gen_server:call(To, {deposit, Amount}),
    Teller ! done,
    {noreply, Cents - Amount}.

sieve(_, Limit) ->
    run_sieve(Limit div 10),
    {peer_main:seconds(fun() -> run_sieve(Limit) end), 1}.

run_sieve(Limit) ->
    Driver = self(),
    First = spawn(fun() -> filter(3, none, Driver) end),
    send_odds(First, 5, Limit),
    First ! {count, 1},
    receive {primes, _} -> ok end.

send_odds(_, N, Limit) when N >= Limit -> ok;
send_odds(To, N, Limit) ->
    To ! {candidate, N},
    send_odds(To, N + 2, Limit).

filter(Prime, Next, Driver) ->
    receive
        {candidate, N} when N rem Prime =:= 0 -> filter(Prime, Next, Driver);
        {candidate, N} when Next =:= none -> filter(Prime, spawn(fun() -> filter(N, none, Driver) end), Driver);
        {candidate, N} ->
            Next ! {candidate, N},
            filter(Prime, Next, Driver);
        {count, Before} when Next =:= none -> Driver ! {primes, Before + 1};
        {count, Before} -> Next ! {count, Before + 1}
    end.

fibonacci(_, N) ->
    run_fibonacci(N - 5),
    {peer_main:seconds(fun() -> run_fibonacci(N) end), processes(N)}.

run_fibonacci(N) ->
    Driver = self(),
    spawn(fun() -> fibonacci_of(Driver, N) end),
    receive {sum, _} -> ok end.

fibonacci_of(Parent, N) when N =< 2 -> Parent ! {sum, 1};
fibonacci_of(Parent, N) ->
    Self = self(),
    spawn(fun() -> fibonacci_of(Self, N - 1) end),
    spawn(fun() -> fibonacci_of(Self, N - 2) end),
    receive {sum, One} -> ok end,
    receive {sum, Other} -> Parent ! {sum, One + Other} end.

processes(N) when N =< 2 -> 1;
processes(N) -> processes(N - 1) + processes(N - 2) + 1.
