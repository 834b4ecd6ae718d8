# Completion of seg2vid in bash; generated, see seg2vid_cli/completion/scripts.py.
_seg2vid() {
    local words=() word answer is_break='' after_break=''
    # Bash splits words at "=" and ":"; seg2vid wants them whole.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        [[ $word =~ ^[=:]+$ ]] && is_break=1 || is_break=''
        if [[ ${#words[@]} -gt 0 && ( $is_break || $after_break ) ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        after_break=$is_break
    done
    COMPREPLY=()
    answer=$(_SEG2VID_COMPLETE=$((${#words[@]} - 1)) "${1/#\~/$HOME}" "${words[@]}" 2>/dev/null) || return
    case $answer in
        '') ;;
        :files) compopt -o default ;;
        :folders) compopt -o dirnames ;;
        *) while IFS=$'\t' read -r word _; do COMPREPLY+=("$word"); done <<<"$answer" ;;
    esac
}
complete -F _seg2vid seg2vid
