"""`completion`: what makes a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class
from click.shell_completion import get_completion_class as completion_of

from .voice import say_block

_PROGRAM, VARIABLE = "pixelpipe", "_PIXELPIPE_COMPLETE"
_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($word, $line, $position)
    $env:COMP_WORDS = $line.ToString()
    $env:COMP_WORD = $word
    $env:%(complete_var)s = "powershell_complete"
    %(prog_name)s | ForEach-Object {
        $kind, $value, $about = $_ -split "`t", 3
        if (-not $about) { $about = $value }
        $kind = 'ParameterValue'
        [System.Management.Automation.CompletionResult]::new($value, $value, $kind, $about)
    }
    Remove-Item Env:COMP_WORDS, Env:COMP_WORD, Env:%(complete_var)s
}
"""
#: Shell to the line that switches it on, and where that line goes.
_WHERE = {
    "bash": '# in ~/.bashrc:  eval "$(pixelpipe completion bash)"',
    "zsh": '# in ~/.zshrc:  eval "$(pixelpipe completion zsh)"',
    "fish": "# pixelpipe completion fish > ~/.config/fish/completions/pixelpipe.fish",
    "powershell": "# in $PROFILE:  pixelpipe completion powershell | Out-String | iex",
}


class PowerShell(ShellComplete):
    """What click has no class for: PowerShell, on every system."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is typed, and that one."""
        import os
        import shlex

        words = shlex.split(os.environ["COMP_WORDS"].replace("\\", "/"))
        word = os.environ.get("COMP_WORD", "")
        before = words[1:-1] if word and words[-1:] == [word] else words[1:]
        return before, word

    def format_completion(self, item: CompletionItem) -> str:
        """Return one line: kind, value, help."""
        return f"{item.type}\t{item.value}\t{item.help or ''}"


add_completion_class(PowerShell)


@click.command()
@click.argument("shell", type=click.Choice(tuple(_WHERE)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete commands and options.

    The first line of it says where it goes.
    """
    kind = completion_of(shell)
    assert kind is not None
    command = context.find_root().command
    say_block(_WHERE[shell] + "\n")
    say_block(kind(command, {}, _PROGRAM, VARIABLE).source() + "\n")
