-- One bid after the other, each higher than the last on its lot, each by the next bidder. The lines before this file
-- set: tokens, lots, shift (which bidder begins), floor (thousands of dollars that the lots have reached at most),
-- keys (prefix of Idempotency-Keys), pause_ms (mean pause of a connection before a bid, 0 for none), and csrf (of
-- sessions whose cookies the tokens are; empty for bearer tokens).
local sent, heights = 0, {}
statuses = {}
complaint = ""
refusal = ""

function request()
  sent = sent + 1
  local lot = lots[sent % #lots + 1]
  local height = (heights[lot] or floor) + 1
  heights[lot] = height
  local token = tokens[(sent + shift) % #tokens + 1]
  local headers = { ["Content-Type"] = "application/json", ["Idempotency-Key"] = keys .. sent }
  if csrf == "" then
    headers["Authorization"] = "Bearer " .. token
  else
    headers["Cookie"], headers["X-CSRF-Token"] = "session=" .. token, csrf
  end
  -- A thousand dollars is the largest increment, so every step is a valid bid.
  return wrk.format("POST", "/api/auctions/" .. lot .. "/bid", headers, '{"amount_cents":' .. height * 100000 .. "}")
end

function response(status, _, body)
  statuses[status] = (statuses[status] or 0) + 1
  if status == 409 and refusal == "" then
    refusal = body
  elseif status ~= 201 and status ~= 409 and complaint == "" then
    complaint = status .. " " .. body
  end
end

if pause_ms > 0 then
  function delay()
    return math.random(0, 2 * pause_ms)
  end
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function done(summary, latency)
  local function print_line(name, value)
    io.write("figure ", name, " ", value, "\n")
  end
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do
      print_line(string.format("status.%d", status), count)
    end
    print_line("complaint", thread:get("complaint"))
    print_line("refusal", thread:get("refusal"))
  end
  for _, name in ipairs({ "connect", "read", "write", "timeout" }) do
    print_line("error." .. name, summary.errors[name])
  end
  print_line("requests", summary.requests)
  print_line("seconds", summary.duration / 1e6)
  print_line("p50_ms", latency:percentile(50) / 1000)
  print_line("p99_ms", latency:percentile(99) / 1000)
  print_line("max_ms", latency.max / 1000)
end
