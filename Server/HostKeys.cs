namespace Chat.Server;

/// <summary>The keys of the host. A client that proves one has the rights of a host.</summary>
/// <param name="Loopback">The key made at the start, for a client on this computer; null for none.</param>
/// <param name="Everywhere">The key of a file, for a client anywhere; null for none.</param>
internal readonly record struct HostKeys(UInt128? Loopback, UInt128? Everywhere);
