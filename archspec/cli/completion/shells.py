"""Completion in bash, zsh and fish: click's, with values that bash breaks at `=` and `:`, and no blank behind these."""

from __future__ import annotations

import os
from typing import ClassVar

from click.shell_completion import (
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

OPEN = ("=", "/", ":")  # a value that ends so goes on

_BASH = """\
# archspec for bash: put this line into ~/.bashrc
#   eval "$(%(prog_name)s completion bash)"
%(complete_func)s() {
    local kind value
    while IFS=',' read -r kind value; do
        case $kind in
            plain) COMPREPLY+=("$value") ;;
            open) COMPREPLY+=("$value"); compopt -o nospace ;;
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1")
}
complete -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s
# archspec for zsh: put this line into ~/.zshrc, below compinit
#   eval "$(%(prog_name)s completion zsh)"
%(complete_func)s() {
    local -a lines plain open
    local kind value help
    lines=("${(@f)$(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
        %(complete_var)s=zsh_complete ${words[1]})}")
    for kind value help in "${lines[@]}"; do
        value="${value//:/\\\\:}"
        [[ $help == "_" ]] || value+=":$help"
        case $kind in
            plain) plain+=("$value") ;;
            open) open+=("$value") ;;
            dir) _path_files -/ ;;
            file) _path_files ;;
        esac
    done
    (( $#plain )) && _describe -V '%(prog_name)s' plain
    (( $#open )) && _describe -V '%(prog_name)s' open -S ''
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
# archspec for fish: put this line into ~/.config/fish/config.fish
#   %(prog_name)s completion fish | source
function %(complete_func)s
    set -l lines (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \
        COMP_CWORD=(commandline -t) %(prog_name)s)
    for line in $lines
        set -l parts (string split -m 1 "," -- $line)
        switch $parts[1]
            case plain
                echo $parts[2]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


def _kind(item: CompletionItem[str]) -> str:
    return "open" if item.type == "plain" and item.value.endswith(OPEN) else item.type


class Bash(ShellComplete):
    """Bash breaks words at `=` and `:`, so the line is read as a whole and values are cut to what bash will replace."""

    name: ClassVar[str] = "bash"
    source_template: ClassVar[str] = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words of the line behind the program, and the one that is being typed."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        incomplete = words.pop() if words and not line[-1:].isspace() else ""
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        """The kind, and the value without what stands before the break."""
        _, word = self.get_completion_args()
        breaks = [c for c in "=:" if c in os.environ.get("COMP_WORDBREAKS", "=:")]
        standing = word[: max((word.rfind(c) + 1 for c in breaks), default=0)]
        cut = next(n for n in range(len(standing) + 1) if item.value.startswith(standing[n:]))
        return f"{_kind(item)},{item.value[len(standing) - cut :]}"


class Zsh(ZshComplete):
    """Zsh, told which values go on."""

    source_template: ClassVar[str] = _ZSH

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Kind, value and what it means, a line each."""
        return f"{_kind(item)}\n{item.value}\n{item.help or '_'}"


class Fish(FishComplete):
    """Fish, which itself leaves no blank behind `=`, `:` and `/`."""

    source_template: ClassVar[str] = _FISH


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def register() -> None:
    """Put them in place of click's own."""
    for name, shell in SHELLS.items():
        add_completion_class(shell, name)
