"""Argo's two expression languages, computed as far as all is known at import, and as CEL where it is not.

`when` is govaluate's: values are filled in as text first, and a bare word is a string (`{{…}} == heads`). `{{=…}}`,
`expression` and hooks are expr-lang's: values are variables (`steps['a'].outputs.result == 'heads'`). One grammar
reads both.

https://github.com/Knetic/govaluate/blob/master/MANUAL.md, https://expr-lang.org/docs/language-definition
"""
