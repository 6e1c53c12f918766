-- A Wireshark dissector for the zap protocol: docs/wireshark.md says how to install and use it.
--
-- Protocol "zap" is the full-width wire (ports 7777 and, inside TLS, 7779), "zap_short" the wire of short frames (7778).
-- It runs with Lua 5.2 to 5.4, so with Wireshark 4.0 and later.

-- The table of frames. DissectorTest compares it with FrameType and Reason, and writes it when asked to.
-- begin of the table
local FRAMES = {
    ["01"] = { name = "register", wire = "every", from = "client", fields = {} },
    ["02"] = { name = "registered", wire = "every", from = "server", fields = {
        { "id", "id", 13 },
    } },
    ["03"] = { name = "connect", wire = "every", from = "client", fields = {
        { "id", "id", 13 },
    } },
    ["04"] = { name = "connected", wire = "recv_only", from = "server", fields = {
        { "id", "id", 13 },
    } },
    ["05"] = { name = "send", wire = "every", from = "client", fields = {
        { "src", "id", 13 },
        { "dst", "id", 13 },
        { "timestamp", "time", 10 },
        { "data", "text", 218 },
    } },
    ["06"] = { name = "deliver", wire = "every", from = "server", fields = {
        { "src", "id", 13 },
        { "dst", "id", 13 },
        { "timestamp", "time", 10 },
        { "data", "text", 218 },
    } },
    ["07"] = { name = "delivered", wire = "every", from = "server", fields = {
        { "dst", "id", 13 },
        { "timestamp", "time", 10 },
    } },
    ["08"] = { name = "read", wire = "every", from = "client", fields = {
        { "src", "id", 13 },
        { "timestamp", "time", 10 },
    } },
    ["09"] = { name = "read receipt", wire = "every", from = "server", fields = {
        { "dst", "id", 13 },
        { "timestamp", "time", 10 },
    } },
    ["10"] = { name = "create group", wire = "every", from = "client", fields = {
        { "creator", "id", 13 },
        { "timestamp", "time", 10 },
        { "members", "members", 91 },
    } },
    ["11"] = { name = "group created", wire = "every", from = "server", fields = {
        { "id", "id", 13 },
        { "timestamp", "time", 10 },
        { "members", "members", 104 },
    } },
    ["30"] = { name = "hello", wire = "full_width_only", from = "client", fields = {
        { "version", "version", 2 },
    } },
    ["31"] = { name = "welcome", wire = "full_width_only", from = "server", fields = {
        { "version", "version", 2 },
        { "nonce", "key", 64 },
    } },
    ["32"] = { name = "register key", wire = "full_width_only", from = "client", fields = {
        { "key", "key", 64 },
        { "stream", "stream", 13 },
        { "signature", "signature", 128 },
    } },
    ["33"] = { name = "resume", wire = "full_width_only", from = "client", fields = {
        { "id", "id", 13 },
        { "stream", "stream", 13 },
        { "accepted", "count", 19 },
        { "position", "count", 19 },
        { "digest", "digest", 8 },
        { "signature", "signature", 128 },
    } },
    ["34"] = { name = "resumed", wire = "full_width_only", from = "server", fields = {
        { "accepted", "count", 19 },
        { "stream digest", "digest", 8 },
        { "at", "count", 19 },
        { "position", "count", 19 },
        { "digest", "digest", 8 },
    } },
    ["35"] = { name = "accepted", wire = "full_width_only", from = "server", fields = {
        { "accepted", "count", 19 },
        { "at", "count", 19 },
    } },
    ["36"] = { name = "message", wire = "full_width_only", from = "either", fields = {
        { "src", "id", 13 },
        { "dst", "id", 13 },
        { "timestamp", "time", 10 },
        { "message id", "message_id", 13 },
        { "text", "text", 218 },
    } },
    ["37"] = { name = "received", wire = "full_width_only", from = "client", fields = {
        { "position", "count", 19 },
    } },
    ["38"] = { name = "ping", wire = "full_width_only", from = "either", fields = {} },
    ["39"] = { name = "refused", wire = "full_width_only", from = "server", fields = {
        { "ordinal", "count", 19 },
        { "reason", "reason", 3 },
    } },
}
local REASONS = {
    ["001"] = { "MALFORMED", "These bytes are no frame." },
    ["002"] = { "NOT_CONNECTED", "Say who you are first: register or connect." },
    ["003"] = { "ALREADY_CONNECTED", "This session already is somebody." },
    ["004"] = { "NOT_YOURS_TO_SEND", "Only a server sends this frame." },
    ["005"] = { "SPOOFED", "The frame names a sender that this session is not." },
    ["006"] = { "UNKNOWN_CLIENT", "Nobody has this number." },
    ["007"] = { "NOT_A_MEMBER", "You are not in this group." },
    ["008"] = { "BAD_GROUP", "This group cannot be made: it needs one to seven other members, all of them known." },
    ["009"] = { "BAD_TEXT", "The text holds a character that cannot be kept." },
    ["010"] = { "MAILBOX_FULL", "The recipient's mailbox is full." },
    ["011"] = { "TOO_FAST", "Too many frames in too short a time." },
    ["012"] = { "TIMED_OUT", "The rest of a frame did not come in time." },
    ["013"] = { "REPLACED", "The same client has connected elsewhere." },
    ["014"] = { "NEEDS_PROOF", "This client has a key: prove that it is you." },
    ["015"] = { "BAD_PROOF", "The signature is not by this client's key." },
    ["016"] = { "SHUTTING_DOWN", "The server is shutting down: come back soon." },
    ["017"] = { "SLOW_CONSUMER", "You have not read for too long; your mail is kept." },
}
-- end of the table

local zap = Proto("zap", "zap messenger protocol")
local zap_short = Proto("zap_short", "zap messenger protocol (short frames)")

local CODE_WIDTH, ID_WIDTH = 2, 13
local LARGEST_COUNT = "9223372036854775807"

-- Fields ------------------------------------------------------------------------------------------------------------

local NAMES = {}
for code, row in pairs(FRAMES) do
    NAMES[code] = row.name
end

local f = {
    code = ProtoField.string("zap.code", "Code"),
    name = ProtoField.string("zap.name", "Name"),
    width = ProtoField.uint32("zap.width", "Width in code points", base.DEC),
    from_client = ProtoField.bool("zap.from_client", "From the client"),
    own_id = ProtoField.string("zap.session", "Client of this session"),
    text = ProtoField.string("zap.text", "Text", base.UNICODE),
    text_width = ProtoField.uint32("zap.text.code_points", "Code points of the text", base.DEC),
    padding = ProtoField.uint32("zap.text.padding", "Blanks of padding", base.DEC),
    member = ProtoField.string("zap.member", "Member"),
    time = ProtoField.absolute_time("zap.time", "Timestamp as a date", base.UTC),
    reason_name = ProtoField.string("zap.reason.name", "Reason by name"),
    no_frame = ProtoField.bytes("zap.no_frame", "Bytes that are no frame"),
    ordinal_here = ProtoField.uint64("zap.stream_number", "Number in the client's stream", base.DEC),
    position_here = ProtoField.uint64("zap.mailbox_position", "Position in the recipient's mailbox", base.DEC),
    response_in = ProtoField.framenum("zap.response_in", "Answered in", base.NONE, frametype.RESPONSE),
    request_in = ProtoField.framenum("zap.request_in", "Answer to", base.NONE, frametype.REQUEST),
    response_time = ProtoField.double("zap.response_time", "Time until this answer (s)"),
    delivered_in = ProtoField.framenum("zap.delivered_in", "Delivered in", base.NONE, frametype.RESPONSE),
    sent_in = ProtoField.framenum("zap.sent_in", "Sent in", base.NONE, frametype.REQUEST),
    receipt_in = ProtoField.framenum("zap.receipt_in", "Receipt in", base.NONE, frametype.ACK),
    receipt_for = ProtoField.framenum("zap.receipt_for", "Receipt for", base.NONE, frametype.NONE),
    accepted_in = ProtoField.framenum("zap.accepted_in", "Accepted in", base.NONE, frametype.ACK),
    refused_in = ProtoField.framenum("zap.refused_in", "Refused in", base.NONE, frametype.ACK),
    received_in = ProtoField.framenum("zap.received_in", "Confirmed in", base.NONE, frametype.ACK),
}

-- A field of the table is "zap." and its name; these are shown in their own way.
local SPECIAL = { data = f.text, text = f.text, members = f.member }
local NUMERIC = { time = true, count = true }
local by_name = {}
for _, row in pairs(FRAMES) do
    for _, field in ipairs(row.fields) do
        local name = field[1]
        if by_name[name] == nil then
            if SPECIAL[name] then
                by_name[name] = SPECIAL[name]
            else
                local label = name:sub(1, 1):upper() .. name:sub(2)
                local filter = "zap." .. name:gsub(" ", "_")
                local make = NUMERIC[field[2]] and ProtoField.uint64 or ProtoField.string
                by_name[name] = make(filter, label)
            end
        end
    end
end

local all, seen = {}, {}
for _, group in ipairs({ f, by_name }) do
    for _, field in pairs(group) do
        if not seen[field] then
            seen[field] = true
            all[#all + 1] = field
        end
    end
end
zap.fields = all

local e = {
    code = ProtoExpert.new("zap.expert.code", "No frame has this code", expert.group.MALFORMED, expert.severity.ERROR),
    field = ProtoExpert.new(
        "zap.expert.field", "A character that does not belong there", expert.group.MALFORMED, expert.severity.ERROR),
    utf8 = ProtoExpert.new("zap.expert.utf8", "Bytes that are not UTF-8", expert.group.MALFORMED, expert.severity.ERROR),
    cut = ProtoExpert.new("zap.expert.cut", "A frame without its end", expert.group.MALFORMED, expert.severity.ERROR),
    direction = ProtoExpert.new(
        "zap.expert.direction", "The other side sends this frame", expert.group.PROTOCOL, expert.severity.WARN),
    spoofed = ProtoExpert.new(
        "zap.expert.spoofed", "The sender is not this session's client", expert.group.PROTOCOL, expert.severity.WARN),
    not_connected = ProtoExpert.new(
        "zap.expert.not_connected", "Neither registered nor connected", expert.group.SEQUENCE, expert.severity.WARN),
    not_padded = ProtoExpert.new(
        "zap.expert.not_padded", "A short frame on the full-width wire", expert.group.PROTOCOL, expert.severity.WARN),
    nul = ProtoExpert.new("zap.expert.nul", "U+0000 in a text", expert.group.PROTOCOL, expert.severity.WARN),
    glued = ProtoExpert.new(
        "zap.expert.glued", "Several frames in one segment", expert.group.SEQUENCE, expert.severity.NOTE),
    split = ProtoExpert.new(
        "zap.expert.split", "A frame over several segments", expert.group.SEQUENCE, expert.severity.NOTE),
    early = ProtoExpert.new(
        "zap.expert.early_receipt", "A receipt before the delivery", expert.group.SEQUENCE, expert.severity.NOTE),
    timestamp = ProtoExpert.new(
        "zap.expert.timestamp", "A timestamp that no message has", expert.group.SEQUENCE, expert.severity.NOTE),
    refused = ProtoExpert.new("zap.expert.refused", "Refused", expert.group.RESPONSE_CODE, expert.severity.NOTE),
}
local experts = {}
for _, item in pairs(e) do
    experts[#experts + 1] = item
end
zap.experts = experts

local tcp_stream = Field.new("tcp.stream")
local tcp_seq = Field.new("tcp.seq")

-- Reading one frame -------------------------------------------------------------------------------------------------

-- Returns the number of bytes of the character that begins at i, 0 when its end is beyond the last byte, or nil when
-- it is not UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
local function utf8_length(raw, i)
    local b = raw:byte(i)
    if b < 0x80 then
        return 1
    end
    local length, low, high
    if b >= 0xC2 and b <= 0xDF then
        length, low, high = 2, 0x80, 0xBF
    elseif b >= 0xE0 and b <= 0xEF then
        length, low, high = 3, b == 0xE0 and 0xA0 or 0x80, b == 0xED and 0x9F or 0xBF
    elseif b >= 0xF0 and b <= 0xF4 then
        length, low, high = 4, b == 0xF0 and 0x90 or 0x80, b == 0xF4 and 0x8F or 0xBF
    else
        return nil
    end
    for at = i + 1, i + length - 1 do
        local c = raw:byte(at)
        if c == nil then
            return 0
        end
        if c < low or c > high then
            return nil
        end
        low, high = 0x80, 0xBF
    end
    return length
end

local function malformed(item, at, why)
    return { bad = item, at = at, why = why }
end

local MORE = { more = true }

-- Whether a frame visibly begins at i. From a client that is a 05 or a 10 with this session's own id, from a server a
-- frame with all the digits of its fixed part.
local function begins(raw, i, from_client, own_id)
    local code = raw:sub(i, i + 1)
    if from_client then
        if own_id == nil or (code ~= "05" and code ~= "10") or raw:sub(i + 2, i + 1 + ID_WIDTH) ~= own_id then
            return false
        end
        local digits = code == "05" and 23 or 10
        return raw:sub(i + 15, i + 14 + digits):match("^%d+$") ~= nil and #raw >= i + 14 + digits
    end
    local digits = ({ ["06"] = 36, ["07"] = 23, ["09"] = 23 })[code]
    return digits ~= nil and #raw >= i + 1 + digits and raw:sub(i + 2, i + 1 + digits):match("^%d+$") ~= nil
end

-- Reads the text that begins at from. Returns its end (the first byte beyond it), its width, and whether the next
-- frame begins there; or a result for the caller.
local function read_text(raw, from, width, short, from_client, own_id)
    local at, points, inner = from, 0, nil
    while points < width do
        if at > #raw then
            if short then
                return nil, at, points, false
            end
            return MORE
        end
        local b = raw:byte(at)
        if short and b == 10 then
            return nil, at, points, false
        end
        if (b == 48 or b == 49) and at > from and begins(raw, at, from_client, own_id) then
            if short then
                return nil, at, points, true
            end
            inner = inner or at
        end
        local length = utf8_length(raw, at)
        if length == nil then
            return malformed(e.utf8, at, "bytes that are not UTF-8")
        end
        if length == 0 then
            return MORE
        end
        at = at + length
        points = points + 1
    end
    return nil, at, points, false, inner
end

-- Reads the frame at position i of raw (1 is the first byte). Returns a frame, MORE, or what malformed() makes. A byte
-- that cannot be right is reported at once, however much of the frame is still on its way.
local function read_frame(raw, i, short, from_client, own_id)
    local code = raw:sub(i, i + 1)
    if #code == 1 then
        if code:match("%d") then
            return MORE
        end
        return malformed(e.code, i, "no frame begins with this byte")
    end
    local row = FRAMES[code]
    if row == nil or row.wire == (short and "full_width_only" or "recv_only") then
        if row then
            return malformed(e.code, i, code .. " " .. row.name .. " does not exist on this wire")
        end
        return malformed(e.code, i, "no frame has this code")
    end
    local frame = { row = row, code = code, from = i, fields = {}, values = {}, width = CODE_WIDTH }
    local at = i + CODE_WIDTH
    for _, field in ipairs(row.fields) do
        local name, kind, width = field[1], field[2], field[3]
        local shown = { field = field, from = at }
        if kind == "text" then
            local own = from_client and (own_id or frame.values.src) or nil
            local result, stop, points, glued, inner = read_text(raw, at, width, short, from_client, own)
            if result then
                if result.bad then
                    result.frame = frame
                end
                return result
            end
            shown.to = stop
            shown.points = points
            local content = raw:sub(at, stop - 1)
            if short and points < width then
                content = content:gsub("[%z\r\n ]+$", "")
            else
                content = content:gsub(" +$", "")
            end
            shown.content = content
            shown.padding = stop - at - #content
            frame.inner, frame.glued = inner, glued
            frame.values[name], frame.values.text = content, content
            frame.width = frame.width + points
            at = stop
        elseif kind == "members" then
            shown.members = {}
            local full = at + width
            while at < full do
                local rest = #raw - at + 1
                local slot = raw:sub(at, at + ID_WIDTH - 1)
                if short and (rest <= 0 or slot:match("^ *[\r\n%z]") or slot:match("^ +$") and rest < ID_WIDTH) then
                    at = math.min(at + #slot:match("^ *"), full)
                    break
                end
                if short and begins(raw, at, from_client, frame.values.creator) then
                    frame.glued = true
                    break
                end
                local wanted = slot:sub(1, 1) == " " and "^ *$" or "^%d*$"
                if not slot:match(wanted) then
                    local wrong = slot:find(slot:sub(1, 1) == " " and "[^ ]" or "%D")
                    local bad = malformed(
                        e.field, at + wrong - 1, "members: a slot that is neither all digits nor all blank")
                    bad.frame = frame
                    return bad
                end
                if #slot < ID_WIDTH then
                    return MORE
                end
                if slot:match("^%d+$") and slot:match("[^0]") then
                    shown.members[#shown.members + 1] = { at = at, id = slot }
                end
                at = at + ID_WIDTH
            end
            shown.to = at
            frame.members = shown.members
            frame.width = frame.width + (at - shown.from)
        else
            local value = raw:sub(at, at + width - 1)
            local hex = kind == "digest" or kind == "key" or kind == "signature"
            local wrong = value:find(hex and "[^0-9a-f]" or "%D")
            if wrong then
                local what = hex and "a lower-case hex digit" or "a digit"
                local bad =
                    malformed(e.field, at + wrong - 1, name .. ": something else where " .. what .. " belongs")
                bad.frame = frame
                return bad
            end
            if #value < width then
                return MORE
            end
            if kind == "count" and value > LARGEST_COUNT then
                return malformed(e.field, at, name .. ": a number above " .. LARGEST_COUNT)
            end
            if kind == "reason" and REASONS[value] == nil then
                return malformed(e.field, at, name .. ": no reason has this number")
            end
            frame.values[name] = value
            shown.value = value
            at = at + width
            shown.to = at
            frame.width = frame.width + width
        end
        frame.fields[#frame.fields + 1] = shown
    end
    frame.to = at
    return frame
end

-- What is remembered over packets -----------------------------------------------------------------------------------

-- sessions: by the two ends of the connection, the newest one. of_packet: by packet, the session that it belongs to.
-- sent: by the message's fields, all messages that are equal. unconfirmed: by sender, those that wait for a 07. covered:
-- by sender and recipient, the newest message that a 07 covers. seconds: by sender, the timestamps of its messages.
local sessions, of_packet, records, sent, unconfirmed, covered, seconds, groups, created, reads

local function forget_everything()
    sessions, of_packet, records, groups, created, reads = {}, {}, {}, {}, {}, {}
    sent, unconfirmed, covered, seconds = {}, {}, {}, {}
end
forget_everything()
zap.init = forget_everything

-- Returns the session of a packet. The ends of its connection name it, because tcp.stream may be missing (tshark -2
-- without a filter); where tcp.stream is known, it tells apart two connections between the same ends.
local function session_of(pinfo)
    local session = of_packet[pinfo.number]
    if session ~= nil then
        return session
    end
    local one = tostring(pinfo.src) .. ":" .. pinfo.src_port
    local other = tostring(pinfo.dst) .. ":" .. pinfo.dst_port
    local ends = one < other and one .. "|" .. other or other .. "|" .. one
    local stream = tcp_stream() and tcp_stream().value or nil
    session = sessions[ends]
    if session == nil or stream ~= session.stream then
        session = {
            name = ends .. "|" .. (stream or ""),
            stream = stream,
            waiting = {},
            counted = {},
            mail = {},
            split = {},
            seen = {},
            from = {},
        }
        sessions[ends] = session
    end
    of_packet[pinfo.number] = session
    return session
end

local function note(record, item, text)
    record.notes[#record.notes + 1] = { item, text }
end

local function push(lists, key, value)
    local list = lists[key]
    if list == nil then
        list = {}
        lists[key] = list
    end
    list[#list + 1] = value
end

local function link(request, response)
    request.response, response.request = request.response or response, request
end

-- Answers to the oldest request of these codes on the same session that has none yet.
local function answer(session, record, ...)
    for _, code in ipairs({ ... }) do
        local list = session.waiting[code]
        if list and #list > 0 then
            link(table.remove(list, 1), record)
            return
        end
    end
end

local function key_of(values)
    return table.concat({ values.src, values.dst, values.timestamp, values["message id"] or "", values.text }, "|")
end

local function is_for(message, recipient)
    local group = groups[message.values.dst]
    return message.values.dst == recipient or (group ~= nil and group[recipient] == true)
end

-- Whether everyone who the message is for has been covered by a 07.
local function is_confirmed(message)
    for recipient in pairs(groups[message.values.dst] or { [message.values.dst] = true }) do
        if recipient ~= message.values.src and message.receipts[recipient] == nil then
            return false
        end
    end
    return true
end

local COUNTED = { ["05"] = true, ["08"] = true, ["10"] = true, ["36"] = true }
local MAIL = { ["06"] = true, ["07"] = true, ["09"] = true, ["11"] = true, ["36"] = true }
local BEFORE_CONNECT = { ["01"] = true, ["03"] = true, ["30"] = true, ["32"] = true, ["33"] = true, ["38"] = true }

local function delivered(session, record)
    local values = record.values
    local sends = sent[key_of(values)]
    if sends == nil and values["message id"] then
        return
    end
    if sends == nil then
        -- A 36 goes out as 06, without its id, to base sessions.
        sends = sent["06|" .. table.concat({ values.src, values.dst, values.timestamp, values.text }, "|")]
    end
    if sends then
        local recipient = session.id or record.session_name
        for _, message in ipairs(sends) do
            if message.deliveries[recipient] == nil then
                message.deliveries[recipient] = record
                message.any = message.any or record
                record.sent = message
                return
            end
        end
        record.sent = sends[#sends]
    end
end

local function receipt(session, record)
    local sender, recipient = session.id or "", record.values.dst
    local pair = sender .. "|" .. recipient
    local rest = {}
    for _, message in ipairs(unconfirmed[sender] or {}) do
        if is_for(message, recipient) and message.values.timestamp <= record.values.timestamp then
            message.receipts[recipient] = message.receipts[recipient] or record
            covered[pair] = message
        end
        if not is_confirmed(message) then
            rest[#rest + 1] = message
        end
    end
    unconfirmed[sender] = rest
    local last = covered[pair]
    record.receipt_for = last
    if last and last.deliveries[recipient] == nil and last.any == nil then
        note(
            record,
            e.early,
            "No delivery of this message was seen before this receipt: it is false, unless the recipient's connection "
                .. "is not in this capture"
        )
    end
    if last and session.whole and not seconds[sender][record.values.timestamp] then
        note(
            record,
            e.timestamp,
            "No message of this sender's in this capture has this second: is it the server's clock?"
        )
    end
end

-- Returns the number, or nil beyond 2^53: there Lua 5.2 cannot count by ones, so nothing is counted.
local function countable(digits)
    local number = tonumber(digits)
    return number < 2 ^ 53 and number or nil
end

local function after_34(session, record)
    session.accepted = countable(record.values.accepted)
    session.position = countable(record.values.position)
end

-- Links a frame with those before it. Called once for each frame, in the order of the capture.
local function remember(session, record)
    local code, values, from_client = record.code, record.values, record.from_client
    if from_client then
        if code == "03" or code == "33" then
            session.id = values.id
        elseif session.whole and session.id == nil and not BEFORE_CONNECT[code] then
            note(record, e.not_connected, "Neither 01 and its answer nor 03 came before this frame")
        end
        local author = code ~= "08" and (values.src or values.creator) or nil
        if author and session.id and author ~= session.id then
            note(record, e.spoofed, "It names " .. author .. ", and this session is " .. session.id)
        end
        push(session.waiting, code, record)
        if COUNTED[code] and session.accepted then
            session.accepted = session.accepted + 1
            record.number_in_stream = session.accepted
            session.counted[session.accepted] = record
        end
        if code == "05" or code == "36" then
            record.deliveries, record.receipts = {}, {}
            if values.text:find("%z") or session.id ~= values.src and (session.id or session.whole) then
                return -- A server refuses it, so no delivery and no receipt is for it.
            end
            push(sent, key_of(values), record)
            push(unconfirmed, values.src, record)
            seconds[values.src] = seconds[values.src] or {}
            seconds[values.src][values.timestamp] = true
            if code == "36" then
                push(sent, "06|" .. table.concat({ values.src, values.dst, values.timestamp, values.text }, "|"), record)
            end
        elseif code == "08" then
            push(reads, table.concat({ values.src, session.id or "" }, "|"), record)
            local shown = session.from[values.src]
            if session.whole and shown and not shown[values.timestamp] then
                note(
                    record,
                    e.timestamp,
                    "No message from " .. values.src .. " on this connection has this second: is it the reader's clock?"
                )
            end
        elseif code == "10" then
            push(created, values.creator, record)
        elseif code == "37" and session.confirmed then
            for position = session.confirmed + 1, math.min(tonumber(values.position), session.position) do
                if session.mail[position] then
                    session.mail[position].received = record
                end
            end
            session.confirmed = math.max(session.confirmed, tonumber(values.position))
        end
        return
    end
    if MAIL[code] and session.position then
        session.position = session.position + 1
        record.mailbox_position = session.position
        session.mail[session.position] = record
    end
    if code == "02" then
        session.id = values.id
        answer(session, record, "01", "32")
    elseif code == "04" then
        answer(session, record, "03")
    elseif code == "06" or code == "36" then
        delivered(session, record)
        session.from[values.src] = session.from[values.src] or {}
        session.from[values.src][values.timestamp] = true
    elseif code == "07" then
        receipt(session, record)
    elseif code == "09" then
        local pair = table.concat({ session.id or "", values.dst }, "|")
        for _, read in ipairs(reads[pair] or {}) do
            read.receipt = read.receipt or record
            record.receipt_for = read
        end
        reads[pair] = nil
    elseif code == "11" then
        groups[values.id] = {}
        local names = {}
        for _, member in ipairs(record.members) do
            groups[values.id][member.id] = true
            names[#names + 1] = member.id
        end
        for _, request in ipairs(created[names[1] or ""] or {}) do
            if request.group == nil or request.group == values.id then
                request.group = values.id
                link(request, record)
                break
            end
        end
    elseif code == "31" then
        answer(session, record, "30")
    elseif code == "34" then
        answer(session, record, "33", "32")
        after_34(session, record)
        session.confirmed = session.position
        session.told = session.accepted
    elseif code == "35" and session.told then
        for number = session.told + 1, math.min(tonumber(values.accepted), session.accepted) do
            if session.counted[number] then
                session.counted[number].accepted_in = record
            end
        end
        session.told = math.max(session.told, tonumber(values.accepted))
    elseif code == "38" then
        answer(session, record, "38")
    elseif code == "39" then
        note(record, e.refused, REASONS[values.reason][1] .. ": " .. REASONS[values.reason][2])
        local refused = session.counted[tonumber(values.ordinal)]
        if refused then
            refused.refused_in = record
            record.request = refused
        end
    end
end

-- Showing -----------------------------------------------------------------------------------------------------------

local function visible(text)
    return (text:gsub("%c", function(c)
        return ({ ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" })[c] or ("\\x%02x"):format(c:byte())
    end))
end

local function to_uint64(digits)
    local value = UInt64.new(0)
    for digit in digits:gmatch("%d") do
        value = value * UInt64.new(10) + UInt64.new(tonumber(digit))
    end
    return value
end

local function summary(record)
    local values = record.values
    local words = { record.code .. " " .. record.row.name }
    local function add(name, before)
        if values[name] then
            words[#words + 1] = (before or "") .. values[name]
        end
    end
    add("id")
    add("creator")
    add("src")
    add("dst", "→ ")
    add("timestamp")
    add("accepted", "accepted ")
    add("position", "position ")
    add("ordinal", "no. ")
    if values.reason then
        words[#words + 1] = REASONS[values.reason][1]
    end
    if record.members then
        local names = {}
        for _, member in ipairs(record.members) do
            names[#names + 1] = member.id
        end
        words[#words + 1] = "[" .. table.concat(names, " ") .. "]"
    end
    if values.text then
        words[#words + 1] = '"' .. visible(values.text) .. '"'
    end
    return table.concat(words, " ")
end

local function generated(tree, field, value)
    tree:add(field, value):set_generated()
end

local function show_links(tree, record)
    local function to(field, other)
        if other then
            generated(tree, field, other.packet)
        end
    end
    to(f.response_in, record.response)
    to(f.request_in, record.request)
    if record.request then
        generated(tree, f.response_time, record.at - record.request.at)
    end
    if record.deliveries then
        local packets = {}
        for _, delivery in pairs(record.deliveries) do
            packets[#packets + 1] = delivery.packet
        end
        table.sort(packets)
        for _, packet in ipairs(packets) do
            generated(tree, f.delivered_in, packet)
        end
        packets = {}
        for _, other in pairs(record.receipts) do
            packets[#packets + 1] = other.packet
        end
        table.sort(packets)
        for _, packet in ipairs(packets) do
            generated(tree, f.receipt_in, packet)
        end
    else
        to(f.receipt_in, record.receipt)
    end
    to(f.sent_in, record.sent)
    to(f.receipt_for, record.receipt_for)
    to(f.accepted_in, record.accepted_in)
    to(f.refused_in, record.refused_in)
    to(f.received_in, record.received)
end

local function show_frame(tvb, tree, proto, frame, record)
    local range = tvb:range(frame.from - 1, frame.to - frame.from)
    local top = tree:add(proto, range)
    top:set_text("zap, " .. summary(record))
    top:add(f.code, tvb:range(frame.from - 1, CODE_WIDTH), frame.code)
        :append_text(" (" .. frame.row.name .. ")")
    generated(top, f.name, frame.row.name)
    for _, shown in ipairs(frame.fields) do
        local name, kind = shown.field[1], shown.field[2]
        local bytes = shown.to > shown.from and tvb:range(shown.from - 1, shown.to - shown.from) or nil
        if kind == "text" then
            local content = shown.content:gsub("%z", "␀")
            local text = bytes and top:add(f.text, bytes, content) or top:add(f.text, content)
            generated(text, f.text_width, shown.points - shown.padding)
            generated(text, f.padding, shown.padding)
        elseif kind == "members" then
            for _, member in ipairs(shown.members) do
                top:add(f.member, tvb:range(member.at - 1, ID_WIDTH), member.id)
            end
        elseif NUMERIC[kind] then
            local item = top:add(by_name[name], bytes, to_uint64(shown.value))
            if kind == "time" then
                item:add(f.time, bytes, NSTime.new(tonumber(shown.value), 0)):set_generated()
            end
        else
            local item = top:add(by_name[name], bytes, shown.value)
            if kind == "reason" then
                item:append_text(" (" .. REASONS[shown.value][1] .. ")")
                generated(item, f.reason_name, REASONS[shown.value][1])
            end
        end
    end
    generated(top, f.width, frame.width)
    generated(top, f.from_client, record.from_client)
    if record.id then
        generated(top, f.own_id, record.id)
    end
    if record.number_in_stream then
        generated(top, f.ordinal_here, UInt64.new(record.number_in_stream))
    end
    if record.mailbox_position then
        generated(top, f.position_here, UInt64.new(record.mailbox_position))
    end
    show_links(top, record)
    for _, found in ipairs(record.notes) do
        top:add_proto_expert_info(found[1], found[2])
    end
end

local function show_no_frame(tvb, tree, proto, from, to, bad)
    local range = tvb:range(from - 1, to - from)
    local top = tree:add(proto, range)
    local where = "byte " .. (bad.at - from) .. " of " .. (to - from)
    if bad.frame then
        where = bad.frame.code .. " " .. bad.frame.row.name .. ", " .. where
    end
    top:set_text("zap, no frame: " .. where .. ", " .. bad.why)
    local item = top:add(f.no_frame, range)
    local wrong = bad.at < to and top:add(f.no_frame, tvb:range(bad.at - 1, 1)) or item
    wrong:add_proto_expert_info(bad.bad, where .. ": " .. bad.why)
    return 'no frame: "' .. visible(range:raw():sub(1, 40)) .. '"'
end

-- The dissectors ----------------------------------------------------------------------------------------------------

-- Numbers the frames of one packet, the same in each pass over the capture.
local function next_in_packet(pinfo)
    local number = tonumber(pinfo.private["zap_frames"] or "0") + 1
    pinfo.private["zap_frames"] = tostring(number)
    return pinfo.number .. ":" .. number
end

local function from_client_by_ports(pinfo)
    if pinfo.match_uint == pinfo.dst_port then
        return true
    end
    if pinfo.match_uint == pinfo.src_port then
        return false
    end
    return nil
end

local function dissect(tvb, pinfo, tree, proto, short)
    local raw = tvb:range():raw()
    local from_client = from_client_by_ports(pinfo)
    local session = session_of(pinfo)
    local direction = pinfo.src_port .. ">" .. pinfo.dst_port
    if not pinfo.visited and not session.seen[direction] then
        session.seen[direction] = true
        local seq = tcp_seq()
        if seq and seq.value == 1 then
            session.whole = session.whole == nil and true or session.whole
        else
            session.whole = false
        end
    end
    pinfo.cols.protocol = "zap"
    local infos = {}
    local i = 1
    local frames = 0
    while i <= #raw do
        if short and raw:sub(i, i):match("[\r\n %z]") then
            i = i + 1
        else
            local client = from_client
            if client == nil then
                local row = FRAMES[raw:sub(i, i + 1)]
                client = row == nil or row.from ~= "server"
            end
            local frame = read_frame(raw, i, short, client, session.id)
            if frame.more then
                if pinfo.can_desegment > 0 then
                    session.split[direction] = true
                    pinfo.desegment_offset = i - 1
                    pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
                    break
                end
                frame = malformed(e.cut, #raw + 1, "the rest is in another segment, and TCP reassembly is off")
            end
            local key = next_in_packet(pinfo)
            if frame.bad then
                local stop = #raw + 1
                if short then
                    local line = raw:find("\n", i, true)
                    stop = line and line + 1 or stop
                end
                session.split[direction] = nil
                infos[#infos + 1] = show_no_frame(tvb, tree, proto, i, stop, frame)
                i = stop
            else
                local record = records[key]
                if record == nil then
                    record = {
                        packet = pinfo.number,
                        at = pinfo.rel_ts,
                        session_name = session.name,
                        code = frame.code,
                        row = frame.row,
                        values = frame.values,
                        members = frame.members,
                        from_client = client,
                        notes = {},
                    }
                    records[key] = record
                    if frame.row.from ~= "either" and (frame.row.from == "client") ~= client then
                        note(record, e.direction, "Only a " .. frame.row.from .. " sends " .. frame.code)
                    else
                        remember(session, record)
                    end
                    record.id = session.id
                    if frame.inner then
                        note(
                            record,
                            e.not_padded,
                            "Another frame seems to begin in this text: its sender does not pad. On the listener for "
                                .. "short frames (7778) it would be understood"
                        )
                    end
                    if frame.values.text and frame.values.text:find("%z") then
                        note(record, e.nul, "U+0000 in a text: a server refuses it")
                    end
                    if short and frames > 0 then
                        note(
                            record,
                            e.glued,
                            "It shares its segment with the frame before it: a program that takes one recv() for one "
                                .. "message loses it"
                        )
                    end
                    if short and session.split[direction] then
                        note(
                            record,
                            e.split,
                            "It came in several segments: a program that takes one recv() for one message cuts it"
                        )
                    end
                    session.split[direction] = nil
                end
                frames = frames + 1
                show_frame(tvb, tree, proto, frame, record)
                infos[#infos + 1] = summary(record)
                i = frame.to
            end
        end
    end
    if #infos > 0 then
        pinfo.cols.info = table.concat(infos, " | ")
    end
    return tvb:len()
end

function zap.dissector(tvb, pinfo, tree)
    return dissect(tvb, pinfo, tree, zap, false)
end

function zap_short.dissector(tvb, pinfo, tree)
    return dissect(tvb, pinfo, tree, zap_short, true)
end

-- Ports. Another server's port is chosen by "Decode As", or here, in the protocol's preferences.
zap.prefs.ports = Pref.range("TCP ports", "7777", "Ports of the full-width wire", 65535)
zap.prefs.tls_ports = Pref.range("TLS ports", "7779", "Ports of the full-width wire inside TLS", 65535)
zap_short.prefs.ports = Pref.range("TCP ports", "7778", "Ports of the wire of short frames", 65535)

local registered = {}

local function register(dissectors, ports, proto)
    local key = dissectors .. "/" .. proto.name
    if registered[key] == ports then
        return
    end
    local list = DissectorTable.get(dissectors)
    if registered[key] and registered[key] ~= "" then
        list:remove(registered[key], proto)
    end
    if ports ~= "" then
        list:add(ports, proto)
    end
    registered[key] = ports
end

local function register_ports()
    register("tcp.port", zap.prefs.ports, zap)
    register("tls.port", zap.prefs.tls_ports, zap)
    register("tcp.port", zap_short.prefs.ports, zap_short)
end
zap.prefs_changed = register_ports
zap_short.prefs_changed = register_ports
register_ports()
