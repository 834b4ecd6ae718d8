# Completion of seg2vid in powershell; generated, see seg2vid_cli/completion/scripts.py.
Register-ArgumentCompleter -Native -CommandName seg2vid -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $finished = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    $words = @($finished | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { "$_" }
    })
    $program = $words[0]
    $arguments = @($words | Select-Object -Skip 1)
    $Env:_SEG2VID_COMPLETE = $arguments.Count
    try {
        $answer = @(& $program @arguments $wordToComplete 2>$null)
    } finally {
        Remove-Item Env:_SEG2VID_COMPLETE
    }
    if ($LASTEXITCODE -ne 0 -or $answer.Count -eq 0) {
        return '' # nothing at all; without it PowerShell would offer files
    }
    $option = if ($wordToComplete -match '^-[^=]*=') { $Matches[0] } else { '' }
    if ($answer[0] -in ':files', ':folders') {
        $value = $wordToComplete.Substring($option.Length)
        $paths = [System.Management.Automation.CompletionCompleters]::CompleteFilename($value)
        if ($answer[0] -eq ':folders') { $paths = $paths | Where-Object ResultType -eq 'ProviderContainer' }
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
