"""What NEO is compared with: from popularity to graph networks, each fitted on what lies before what is asked for."""
