# Finds words and variables that are not UTF-8. Part of the script zap, which reads it in.
# shellcheck shell=bash disable=SC2034  # Its variables are used there.

# Sets NOT_UTF8 to the first variable of list $1 that is not UTF-8, or to the number of the first word behind it that is
# not; else to nothing. Java would read U+FFFD in place of such bytes, and a message, a name or a folder would be
# another one.
find_not_utf8() {
  local number=0 word
  NOT_UTF8=""
  for word in $1; do is_utf8 "${!word:-}" || { NOT_UTF8="$word" && return; }; done
  for word in "${@:2}"; do
    number=$((number + 1))
    is_utf8 "$word" || { NOT_UTF8="$number" && return; }
  done
}

is_utf8() {
  local LC_ALL=C
  case "$1" in *[!$'\001'-$'\177']*) [[ "$1" =~ $UTF8 ]] ;; esac
}

# The bytes of UTF-8, without forms that are longer than needed and without halves of pairs.
UTF8_TAIL=$'[\x80-\xbf]'
UTF8=$'^([\x01-\x7f]|[\xc2-\xdf]'"$UTF8_TAIL"$'|\xe0[\xa0-\xbf]'"$UTF8_TAIL"$'|[\xe1-\xec\xee\xef]'"$UTF8_TAIL$UTF8_TAIL"
UTF8="$UTF8"$'|\xed[\x80-\x9f]'"$UTF8_TAIL"$'|\xf0[\x90-\xbf]'"$UTF8_TAIL$UTF8_TAIL"
readonly UTF8="$UTF8"$'|[\xf1-\xf3]'"$UTF8_TAIL$UTF8_TAIL$UTF8_TAIL"$'|\xf4[\x80-\x8f]'"$UTF8_TAIL$UTF8_TAIL"')*$'
