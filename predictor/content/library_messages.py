"""What Python, the system and the readers of JSON, YAML and CSV say is wrong, as phrases of our own."""

from __future__ import annotations

import errno
import os
import re

from ..errors import Said, say

LIBRARIES = {
    r"Expecting (?P<sign>.+) delimiter": "json_delimiter",
    r"Expecting property name enclosed in double quotes": "json_name",
    r"Expecting value": "json_value",
    r"Extra data": "json_extra",
    r"Illegal trailing comma before end of (?P<place>.+)": "json_comma",
    r"Invalid \\escape": "json_escape",
    r"Invalid \\uXXXX escape": "json_unicode",
    r"Invalid control character at": "json_control",
    r"Unterminated string starting at": "json_string",
    r"could not find expected (?P<sign>.+)": "yaml_colon",
    r"expected (?P<wanted>.+) or (?P<other>.+), but got (?P<token>.+)": "yaml_but_got",
    r"expected (?P<wanted>.+), but found (?P<token>.+)": "yaml_but_found",
    r"found character (?P<sign>.+) that cannot start any token": "yaml_token",
    r"found undefined alias (?P<sign>.+)": "yaml_alias",
    r"found unexpected document separator": "yaml_document",
    r"found unexpected end of stream": "yaml_end",
    r"found unexpected end of stream while scanning a quoted scalar": "yaml_end_quoted",
    r"found unknown escape character (?P<sign>.+)": "yaml_escape",
    r"mapping values are not allowed here": "yaml_mapping",
    r"mapping values are not allowed in this context": "yaml_mapping_in_this_context",
    r"',' expected after '\"'": "csv_delimiter",
    r"field larger than field limit \((?P<number>\d+)\)": "csv_field",
    r"unexpected end of data": "csv_end",
}
"""Messages of json, ruamel.yaml and csv, and the code of each."""
SYSTEM = {
    errno.EACCES: "permission",
    errno.EDQUOT: "disk_quota",
    errno.EEXIST: "file_exists",
    errno.EFBIG: "file_too_big",
    errno.EISDIR: "is_a_directory",
    errno.ENAMETOOLONG: "name_too_long",
    errno.ENOENT: "no_such_file_or_directory",
    errno.ENOSPC: "full_disk",
    errno.ENOTDIR: "not_a_directory",
    errno.EPERM: "not_permitted",
    errno.EROFS: "read_only",
}
"""Errors of the system, and the code of each."""


def library_message(text: str) -> Said:
    """The phrase for what a library says; its own words where they are none that we know."""
    for pattern, code in LIBRARIES.items():
        if match := re.fullmatch(pattern, text, re.DOTALL):
            return say(code, **match.groupdict())
    return text


def system_message(error: OSError) -> Said:
    """The phrase for what the system says; its own words where they are none that we know."""
    if error.errno in SYSTEM:
        return say(SYSTEM[error.errno])
    return error.strerror or (os.strerror(error.errno) if error.errno else say("no_file"))
