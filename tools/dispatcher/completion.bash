# bash completion of snitt: the names of the tools on PATH, then whatever the tool itself proposes
_snitt() {
  local current="${COMP_WORDS[COMP_CWORD]}" tool="${COMP_WORDS[1]}"
  COMPREPLY=()
  if ((COMP_CWORD == 1)) || { ((COMP_CWORD == 2)) && [[ $tool == help ]]; }; then
    local names
    names="$(compgen -c snitt- | sed 's/^snitt-//' | sort -u)"
    ((COMP_CWORD == 1)) && names+=" help"
    COMPREPLY=($(compgen -W "$names" -- "$current"))
    return
  fi
  local function="_snitt_${tool//-/_}"
  if ! declare -F "$function" >/dev/null && declare -F _completion_loader >/dev/null; then
    _completion_loader "snitt-$tool"
  fi
  if declare -F "$function" >/dev/null; then
    COMP_WORDS=("snitt-$tool" "${COMP_WORDS[@]:2}")
    ((COMP_CWORD -= 1))
    "$function"
  fi
}
complete -F _snitt snitt
