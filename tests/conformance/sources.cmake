# The sources of the conformance cases.  A new file of cases is one line here and its rows in cases.def.

set(CONFORMANCE_SOURCES
  main.c
  harness.c
  sockets.c
  diff.c
  kernel_host.c
  kernel_net.c
  drill_net.c
  local.c
  tcpinfo.c
  ports.c
  rebind.c
  connect.c
  listen.c
  unix_names.c
  unix_stream.c
  unix_close.c
  unix_dgram.c
  unix_pass.c
  unix_creds.c
  reach.c
  stream.c
  flow.c
  urgent.c
  ending.c
)
