-- Refuses a body that is too large only after reading it, up to a limit. A client that is still sending when the
-- connection closes sees a broken connection, and never the answer that tells why.
local folder, most = ...
most = tonumber(most)

local function load(name)
  local file = assert(io.open(folder .. "/" .. name, "rb"))
  local head, body = file:read("a"):match("^(.-)\r\n\r\n(.*)$")
  file:close()
  local headers = {}
  for key, value in head:gmatch("\r\n([^:\r\n]+): ([^\r\n]*)") do
    headers[key] = value
  end
  return { headers = headers, body = body }
end

local answers = { pages = load("pages-413.http"), api = load("api-413.http") }

core.register_service("too_large", "http", function(applet)
  local left = most
  while left > 0 do
    local chunk = applet:receive(math.min(left, 65536))
    if not chunk or #chunk == 0 then
      break
    end
    left = left - #chunk
  end
  local answer = answers[applet:get_var("txn.audience")]
  applet:set_status(413)
  for key, value in pairs(answer.headers) do
    applet:add_header(key, value)
  end
  applet:start_response()
  applet:send(answer.body)
end)
