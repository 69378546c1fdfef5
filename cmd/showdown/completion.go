package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// The completion scripts ask the program itself, through the flag that the library
// reserves for it, so that they never go stale.
const (
	bashCompletion = `_showdown() {
  local cur words
  cur="${COMP_WORDS[COMP_CWORD]}"
  words=("${COMP_WORDS[@]:0:$COMP_CWORD}")
  if [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$("${words[@]}" "$cur" --generate-bash-completion 2>/dev/null)" -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$cur"))
  fi
}
complete -o default -F _showdown showdown
`
	zshCompletion = `#compdef showdown
_showdown() {
  local -a opts
  opts=("${(@f)$(${words[@]:0:#words[@]-1} --generate-bash-completion 2>/dev/null)}")
  if [[ -n "${opts[1]}" ]]; then _describe 'values' opts; else _files; fi
}
compdef _showdown showdown
`
	pwshCompletion = `Register-ArgumentCompleter -Native -CommandName showdown -ScriptBlock {
  param($word, $ast, $cursor)
  $line = $ast.ToString().Substring(0, [Math]::Min($cursor, $ast.ToString().Length))
  $parts = $line -split '\s+' | Where-Object { $_ -ne '' -and $_ -ne $word }
  & $parts[0] @($parts | Select-Object -Skip 1) --generate-bash-completion | Where-Object { $_ -like "$word*" } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`
)

func (t *terminal) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell",
		ArgsUsage: "bash|zsh|fish|pwsh",
		Description: "bash: source <(showdown completion bash)\n" +
			"zsh:  source <(showdown completion zsh)\n" +
			"fish: showdown completion fish | source\n" +
			"pwsh: showdown completion pwsh | Out-String | Invoke-Expression",
		OnUsageError: usage,
		BashComplete: func(*cli.Context) { fmt.Fprintln(t.stdout, "bash\nzsh\nfish\npwsh") },
		Action: func(c *cli.Context) error {
			shell, err := onlyArgument(c, "bash, zsh, fish or pwsh")
			if err != nil {
				return err
			}
			script := ""
			switch shell {
			case "bash":
				script = bashCompletion
			case "zsh":
				script = zshCompletion
			case "pwsh", "powershell":
				script = pwshCompletion
			case "fish":
				if script, err = c.App.ToFishCompletion(); err != nil {
					return err
				}
			default:
				return misuse("write bash, zsh, fish or pwsh", "no completion for %q", shell)
			}
			_, err = fmt.Fprint(t.stdout, script)
			return err
		},
	}
}

// onlyArgument is the one argument of a command; what says what is wanted.
func onlyArgument(c *cli.Context, what string) (string, error) {
	switch c.NArg() {
	case 0:
		return "", misuse("showdown "+c.Command.Name+" "+c.Command.ArgsUsage, "%s: want %s", c.Command.Name, what)
	case 1:
		return c.Args().First(), nil
	}
	return "", misuse("showdown "+c.Command.Name+" "+c.Command.ArgsUsage, "%s: want %s and nothing more, not %q", c.Command.Name, what, strings.Join(c.Args().Tail(), " "))
}
