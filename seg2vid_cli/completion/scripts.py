"""The scripts that connect a shell's completion with seg2vid; `request.py` describes what they talk about.

`python tests/test_completions.py` writes them into completions/, from where the wheel installs them.
They run the program by the name it was called with, and ignore what it says if it fails.
"""

VARIABLE = "_SEG2VID_COMPLETE"
"""The environment variable that asks for completion."""
COMPLETE_FILES = ":files"
COMPLETE_FOLDERS = ":folders"
"""Answers that leave it to the shell to complete a path."""

_BASH = r"""
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
    answer=$({variable}=$((${#words[@]} - 1)) "${1/#\~/$HOME}" "${words[@]}" 2>/dev/null) || return
    case $answer in
        '') ;;
        {files}) compopt -o default ;;
        {folders}) compopt -o dirnames ;;
        *) while IFS=$'\t' read -r word _; do COMPREPLY+=("$word"); done <<<"$answer" ;;
    esac
}
complete -F _seg2vid seg2vid
"""

_ZSH = r"""
_seg2vid() {
    local answer line word help
    local -a words_with_help
    answer=$({variable}=$((CURRENT - 2)) ${(Q)~words[1]} "${(@Q)words[2,CURRENT]}" 2>/dev/null) || return 1
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    case $answer in
        '') return 1 ;;
        {files}) _files ;;
        {folders}) _files -/ ;;
        *)
            for line in "${(@f)answer}"; do
                word=${line%%$'\t'*} help=${line#*$'\t'}
                [[ $line == *$'\t'* ]] || help=''
                words_with_help+=("${word//:/\\:}${help:+:$help}")
            done
            _describe -V seg2vid words_with_help
            ;;
    esac
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _seg2vid "$@" # found in $fpath: this is the first Tab
else
    compdef _seg2vid seg2vid
fi
"""

_FISH = r"""
function __seg2vid_complete
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    set --local word (commandline --current-token --cut-at-cursor)
    set --local program (string replace --regex '^~(?=/)' $HOME -- $words[1])
    set --local answer (env {variable}=(math (count $words) - 1) $program $words[2..] "$word" 2>/dev/null)
    or return
    set --local option (string match --regex -- '^-[^=]*=' $word)
    set --local value (string replace --regex -- '^-[^=]*=' '' $word)
    switch "$answer[1]"
        case {files}
            set answer (complete --do-complete="'' $value")
        case {folders}
            set answer (complete --do-complete="'' $value" | string match '*/')
    end
    for line in $answer
        echo "$option$line"
    end
end
complete --command seg2vid --no-files --keep-order --arguments '(__seg2vid_complete)'
"""

_POWERSHELL = r"""
Register-ArgumentCompleter -Native -CommandName seg2vid -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $finished = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    $words = @($finished | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { "$_" }
    })
    $program = $words[0]
    $arguments = @($words | Select-Object -Skip 1)
    $Env:{variable} = $arguments.Count
    try {
        $answer = @(& $program @arguments $wordToComplete 2>$null)
    } finally {
        Remove-Item Env:{variable}
    }
    if ($LASTEXITCODE -ne 0 -or $answer.Count -eq 0) {
        return '' # nothing at all; without it PowerShell would offer files
    }
    $option = if ($wordToComplete -match '^-[^=]*=') { $Matches[0] } else { '' }
    if ($answer[0] -in '{files}', '{folders}') {
        $value = $wordToComplete.Substring($option.Length)
        $paths = [System.Management.Automation.CompletionCompleters]::CompleteFilename($value)
        if ($answer[0] -eq '{folders}') { $paths = $paths | Where-Object ResultType -eq 'ProviderContainer' }
        return $paths | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new(
                $option + $_.CompletionText, $_.ListItemText, $_.ResultType, $_.ToolTip)
        }
    }
    foreach ($line in $answer) {
        $word, $help = $line -split "`t", 2
        if (-not $help) { $help = $word } # an empty one is refused
        [System.Management.Automation.CompletionResult]::new($option + $word, $word, 'ParameterValue', $help)
    }
}
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "powershell": _POWERSHELL}
_FIRST_LINES = {"zsh": "#compdef seg2vid\n"}  # by which zsh finds it
SHELLS = tuple(_SCRIPTS)


def completion_script(shell: str) -> str:
    """Return the script for `shell`, one of SHELLS."""
    script = _SCRIPTS[shell]
    for placeholder, text in (
        ("{variable}", VARIABLE),
        ("{files}", COMPLETE_FILES),
        ("{folders}", COMPLETE_FOLDERS),
    ):
        script = script.replace(placeholder, text)
    header = f"# Completion of seg2vid in {shell}; generated, see seg2vid_cli/completion/scripts.py.\n"
    return _FIRST_LINES.get(shell, "") + header + script.lstrip("\n")
