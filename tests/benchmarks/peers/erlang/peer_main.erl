%% Measures one figure on Erlang/OTP: erl -noshell -s peer_main main FIGURE COUNT SIZE. Prints the time (in nanoseconds) or the
%% bytes of one operation.
-module(peer_main).
-export([main/1, seconds/1, resident_bytes/0]).

main([Name | Numbers]) ->
    logger:set_primary_config(level, none),
    [Count, Size] = [list_to_integer(atom_to_list(Number)) || Number <- Numbers],
    [Module] = [M || M <- [peer_messages, peer_servers, peer_savina], lists:member({Name, 2}, M:module_info(exports))],
    {Value, Operations} = Module:Name(Count, Size),
    Unit = case Name of
        idle_server -> 1;
        _ -> 1.0e9
    end,
    io:format("~.6g~n", [Value * Unit / Operations]),
    halt(0).

seconds(Work) ->
    Before = erlang:monotonic_time(nanosecond),
    Work(),
    (erlang:monotonic_time(nanosecond) - Before) / 1.0e9.

resident_bytes() ->
    {ok, Status} = file:read_file("/proc/self/status"),
    {match, [Kilobytes]} = re:run(Status, "VmRSS:\\s*(\\d+)", [{capture, all_but_first, list}]),
    list_to_integer(Kilobytes) * 1024.
