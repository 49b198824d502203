//! The admin API, driven without a socket.
