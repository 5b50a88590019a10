"""The Gradio app: a place where people see NEO work. `neo demo` opens it."""
