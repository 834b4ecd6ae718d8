# Completion of seg2vid in fish; generated, see seg2vid_cli/completion/scripts.py.
function __seg2vid_complete
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    set --local word (commandline --current-token --cut-at-cursor)
    set --local program (string replace --regex '^~(?=/)' $HOME -- $words[1])
    set --local answer (env _SEG2VID_COMPLETE=(math (count $words) - 1) $program $words[2..] "$word" 2>/dev/null)
    or return
    set --local option (string match --regex -- '^-[^=]*=' $word)
    set --local value (string replace --regex -- '^-[^=]*=' '' $word)
    switch "$answer[1]"
        case :files
            set answer (complete --do-complete="'' $value")
        case :folders
            set answer (complete --do-complete="'' $value" | string match '*/')
    end
    for line in $answer
        echo "$option$line"
    end
end
complete --command seg2vid --no-files --keep-order --arguments '(__seg2vid_complete)'
