"""Words that a page must show and never run: markup, Gradio's two template languages, the end of an attribute."""

HOSTILE = "<script>window.pwned=1</script> {{constructor}} ${window.pwned=1} \"><img src=x onerror='window.pwned=1'>"
