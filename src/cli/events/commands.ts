/** The commands about event endpoints. */
import type { Command } from 'commander';
import { JSON_LIST, onDemand } from '../on-demand.ts';

export function addEventEndpointCommands(program: Command): void {
  const eventEndpoint = program
    .command('event-endpoint')
    .description('addresses that receive events as signed webhooks');
  const eventEndpoints = () => import('./event-endpoints.ts');
  eventEndpoint
    .command('add')
    .description('add an address, and show its secret once')
    .argument('<name>', 'of the system that receives')
    .argument('<url>', 'begins with https://')
    .option('--events <kinds>', 'such as access,request.approved,audit', 'all')
    .action(onDemand(async () => (await eventEndpoints()).addEndpointCommand));
  eventEndpoint
    .command('list')
    .description('every event endpoint and its state')
    .option(...JSON_LIST)
    .action(onDemand(async () => (await eventEndpoints()).listEndpointsCommand));
  eventEndpoint
    .command('rotate')
    .description('make a new secret, and show it once; the previous one signs for 24 hours, too')
    .argument('<name>')
    .action(onDemand(async () => (await eventEndpoints()).rotateEndpointCommand));
  eventEndpoint
    .command('remove')
    .description('delete it with its deliveries')
    .argument('<name>')
    .action(onDemand(async () => (await eventEndpoints()).removeEndpointCommand));
  eventEndpoint
    .command('test')
    .description('send a test, and say what it answered')
    .argument('<name>')
    .action(onDemand(async () => (await eventEndpoints()).testEndpointCommand));
}
