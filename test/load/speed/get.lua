-- Arguments: the paths to ask for, in turn. Prints what wrk counted as one line of JSON.
local requests, turn = {}, 0

init = function(args)
  for index, path in ipairs(args) do
    requests[index] = wrk.format("GET", path)
  end
end

request = function()
  turn = turn % #requests + 1
  return requests[turn]
end

done = function(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"bytes":%d,"microseconds":%d,"failed":%d}\n',
    summary.requests, summary.bytes, summary.duration, failed
  ))
end
